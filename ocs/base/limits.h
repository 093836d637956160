// Every bound of the system, each with its reason. Reaching one is an answer, never a crash.

#ifndef OCS_BASE_LIMITS_H_
#define OCS_BASE_LIMITS_H_

#include <cstdint>

namespace ocs {

// What comes in with a request.
/// RFC 6733 Session-Ids in the field are 40 to 100 characters.
inline constexpr int kSessionIdLengthMax = 128;
/// NAI and API key hashes fit; an MSISDN has 15 digits.
inline constexpr int kIdentityLengthMax = 128;
/// Longest name in public price lists: 92.
inline constexpr int kModelNameLengthMax = 128;
/// Product, scenario, service tier, region, channel: names of a catalogue.
inline constexpr int kDimensionLengthMax = 64;
/// "00-", 32 and 16 and 2 hexadecimal digits (W3C Trace Context); later versions may be longer.
inline constexpr int kTraceparentLengthMax = 128;
inline constexpr int kIdempotencyKeyLengthMax = 128;  ///< A UUID has 36.
/// "ai-tokens.v1@" and a domain name.
inline constexpr int kServiceContextLengthMax = 128;
/// A record id has at most 38.
inline constexpr int kRefundInformationLengthMax = 64;
/// Who makes an administrative change.
inline constexpr int kActorLengthMax = 128;
/// Why: a few sentences.
inline constexpr int kReasonLengthMax = 1024;
/// Rating groups in one credit-control request.
inline constexpr int kServicesPerRequestMax = 16;
/// Tokens of one kind in one request: a million times the longest context known.
inline constexpr int64_t kQuantityMax = 1'000'000'000'000;
/// One billion of a currency in one operation.
inline constexpr int64_t kAmountMicrosMax = 1'000'000'000'000'000;
/// Requests in one message of the batch stream: about one group.
inline constexpr int kBatchItemsMax = 1'000;
/// gRPC's own default; a full batch is under 1 MiB.
inline constexpr int kMessageBytesMax = 4 * 1024 * 1024;
/// 20,000 rules of 150 bytes; fits a gRPC message.
inline constexpr int kCatalogueBytesMax = 3 * 1024 * 1024;

// What one account may gather. An account is read and written as one value.
/// Live buckets; used up and expired ones leave.
inline constexpr int kBucketsPerAccountMax = 256;
/// One enterprise key at 4,096 calls at once.
inline constexpr int kOpenSessionsPerAccountMax = 4096;
/// Gateways that a shard knows by their Origin-State-Id: an operator has tens. Of one more it is
/// not noticed that it was restarted: its sessions end by the supervision timer.
inline constexpr int kOriginsPerShardMax = 4096;
inline constexpr int kServicesPerSessionMax = 16;
inline constexpr int kOffersPerAccountMax = 64;
/// One customer's numbers and keys in one request.
inline constexpr int kIdentitiesPerRequestMax = 64;
/// Two for each node: a name and a key.
inline constexpr int kIdentitiesPerAccountMax = 8192;
/// The departments, people and keys of a large enterprise; an account is written as one value.
inline constexpr int kNodesPerAccountMax = 4096;
/// Below the root: company, division, department, team, project, person, key, and one to spare. A
/// charge passes every node on its path.
inline constexpr int kNodeDepthMax = 8;
/// One budget for each node.
inline constexpr int kLimitsPerAccountMax = 4096;
inline constexpr int kAlertsPerLimitMax = 8;  ///< 50, 80, 100 per cent and some more.
/// One for each limit, and as many again for prices that fall with use.
inline constexpr int kCountersPerAccountMax = 8192;
/// Windows of volume prices that are open at once: a price's present one and one that a clock ahead
/// has begun, of a hundred prices.
inline constexpr int kVolumeWindowsPerAccountMax = 256;
/// Counters that one grant may hold in: its prices, grants and the limits of its path.
inline constexpr int kCounterHoldsPerGrantMax = 256;
/// Offers ever bought of which there may be only so many: a catalogue's worth of them.
inline constexpr int kBoughtPerAccountMax = 1024;
inline constexpr int kDatedChangesPerAccountMax = 16;  ///< Suspend, resume, close: a few at a time.
/// Transfers that have left an account and are not yet known to have arrived.
inline constexpr int kTransfersPendingMax = 64;
/// Names of nodes and limits, segments, tenants.
inline constexpr int kNameLengthMax = 128;
inline constexpr int kTransferIdLengthMax = 128;  ///< As an idempotency key.
/// One per priced line ever used: models x kinds.
inline constexpr int kCarriesPerAccountMax = 4096;
/// Buckets that one grant may draw on.
inline constexpr int kHoldsPerGrantMax = 256;  ///< As many as an account has buckets.

// The shard's pipeline.
/// Beyond this a longer group gains nothing: the sync is shared by enough.
inline constexpr int kGroupEntriesMax = 2'000;
inline constexpr int kGroupBytesMax = 1024 * 1024;  ///< One synced write.
/// Requests waiting at a shard: above it, refused at once.
inline constexpr int kQueueMax = 65'536;

}  // namespace ocs

#endif  // OCS_BASE_LIMITS_H_
