// Byte forms of the pieces that stand both in entries and in account states (docs/format/).
// Each Decode returns false, with the output unspecified, when the bytes do not hold such a piece.

#ifndef BALANCE_INTERNAL_CODEC_H_
#define BALANCE_INTERNAL_CODEC_H_

#include "balance/account.h"
#include "ocs/base/bytes.h"

namespace ocs::balance {

[[nodiscard]] bool DecodeUnit(ByteReader& in, Unit* unit);

void EncodeQuantities(const Quantities& quantities, ByteWriter& out);
[[nodiscard]] bool DecodeQuantities(ByteReader& in, Quantities* quantities);

void EncodeBucket(const Bucket& bucket, ByteWriter& out);
[[nodiscard]] bool DecodeBucket(ByteReader& in, Bucket* bucket);

void EncodeGrant(const Grant& grant, ByteWriter& out);
[[nodiscard]] bool DecodeGrant(ByteReader& in, Grant* grant);

void EncodeSubscription(const Subscription& subscription, ByteWriter& out);
[[nodiscard]] bool DecodeSubscription(ByteReader& in, Subscription* subscription);

void EncodeCarry(const Carry& carry, ByteWriter& out);
[[nodiscard]] bool DecodeCarry(ByteReader& in, Carry* carry);

}  // namespace ocs::balance

#endif  // BALANCE_INTERNAL_CODEC_H_
