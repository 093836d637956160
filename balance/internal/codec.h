// Byte forms of the pieces that stand both in entries and in account states (docs/format/).
// Each Decode returns false, with the output unspecified, when the bytes do not hold such a piece.
//
// Buckets, grants, sessions and subscriptions have a short form, as format version 1 had it, and
// More: what was added later, each field behind a bit that says that it is not the default. HasMore
// tells whether the short form says all.

#ifndef BALANCE_INTERNAL_CODEC_H_
#define BALANCE_INTERNAL_CODEC_H_

#include "balance/account.h"
#include "ocs/base/bytes.h"

namespace ocs::balance {

/// Added to an effect's number: the short form and More follow.
inline constexpr uint8_t kLongForm = 64;

[[nodiscard]] bool DecodeUnit(ByteReader& in, Unit* unit);

void EncodeQuantities(const Quantities& quantities, ByteWriter& out);
[[nodiscard]] bool DecodeQuantities(ByteReader& in, Quantities* quantities);

void EncodeBucket(const Bucket& bucket, ByteWriter& out);
[[nodiscard]] bool DecodeBucket(ByteReader& in, Bucket* bucket);

void EncodeGrant(const Grant& grant, ByteWriter& out);
[[nodiscard]] bool DecodeGrant(ByteReader& in, Grant* grant);

void EncodeSubscription(const Subscription& subscription, ByteWriter& out);
[[nodiscard]] bool DecodeSubscription(ByteReader& in, Subscription* subscription);

[[nodiscard]] bool HasMore(const Bucket& bucket);
void EncodeMore(const Bucket& bucket, ByteWriter& out);
[[nodiscard]] bool DecodeMore(ByteReader& in, Bucket* bucket);

[[nodiscard]] bool HasMore(const Grant& grant);
void EncodeMore(const Grant& grant, ByteWriter& out);
[[nodiscard]] bool DecodeMore(ByteReader& in, Grant* grant);

[[nodiscard]] bool HasMore(const Session& session);
void EncodeMore(const Session& session, ByteWriter& out);
[[nodiscard]] bool DecodeMore(ByteReader& in, Session* session);

[[nodiscard]] bool HasMore(const Subscription& subscription);
void EncodeMore(const Subscription& subscription, ByteWriter& out);
[[nodiscard]] bool DecodeMore(ByteReader& in, Subscription* subscription);

void EncodeCarry(const Carry& carry, ByteWriter& out);
[[nodiscard]] bool DecodeCarry(ByteReader& in, Carry* carry);

void EncodeWindow(const Window& window, ByteWriter& out);
[[nodiscard]] bool DecodeWindow(ByteReader& in, Window* window);

void EncodeNode(const Node& node, ByteWriter& out);
[[nodiscard]] bool DecodeNode(ByteReader& in, Node* node);

void EncodeLimit(const Limit& limit, ByteWriter& out);
[[nodiscard]] bool DecodeLimit(ByteReader& in, Limit* limit);

void EncodeCounter(const Counter& counter, ByteWriter& out);
[[nodiscard]] bool DecodeCounter(ByteReader& in, Counter* counter);

void EncodeBought(const Bought& bought, ByteWriter& out);
[[nodiscard]] bool DecodeBought(ByteReader& in, Bought* bought);

void EncodeDatedChange(const DatedChange& change, ByteWriter& out);
[[nodiscard]] bool DecodeDatedChange(ByteReader& in, DatedChange* change);

void EncodeTransfer(const Transfer& transfer, ByteWriter& out);
[[nodiscard]] bool DecodeTransfer(ByteReader& in, Transfer* transfer);

void EncodeVolumeWindow(const VolumeWindow& window, ByteWriter& out);
[[nodiscard]] bool DecodeVolumeWindow(ByteReader& in, VolumeWindow* window);

void EncodeDemand(const Demand& demand, ByteWriter& out);
[[nodiscard]] bool DecodeDemand(ByteReader& in, Demand* demand);

void EncodeWatch(const Watch& watch, ByteWriter& out);
[[nodiscard]] bool DecodeWatch(ByteReader& in, Watch* watch);

/// False when it is no state that an account may have.
[[nodiscard]] bool DecodeState(ByteReader& in, AccountState* state);

}  // namespace ocs::balance

#endif  // BALANCE_INTERNAL_CODEC_H_
