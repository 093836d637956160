#include "balance/notice.h"

#include "absl/numeric/int128.h"
#include "balance/internal/codec.h"
#include "ocs/base/bytes.h"
#include "ocs/base/text.h"

namespace ocs::balance {

std::string_view NoticeTypeName(NoticeType type) {
  switch (type) {
    case NoticeType::kLimitThreshold:
      return "limit threshold";
    case NoticeType::kLimitReached:
      return "limit reached";
    case NoticeType::kBucketThreshold:
      return "bucket threshold";
    case NoticeType::kBucketEnding:
      return "bucket ending";
    case NoticeType::kLowBalance:
      return "low balance";
    case NoticeType::kStateChanged:
      return "state changed";
    case NoticeType::kRepurchased:
      return "repurchased";
    case NoticeType::kRenewed:
      return "renewed";
    case NoticeType::kRenewalFailed:
      return "renewal failed";
    case NoticeType::kSubscriptionEnded:
      return "subscription ended";
    case NoticeType::kTransferSent:
      return "transfer sent";
    case NoticeType::kTransferReceived:
      return "transfer received";
    case NoticeType::kSpendingStatus:
      return "spending status";
  }
  return "unknown";
}

void EncodeNotice(const Notice& notice, std::string* out) {
  ByteWriter writer(out);
  writer.U8(static_cast<uint8_t>(notice.type));
  writer.Varint(notice.node.value);
  writer.Varint(notice.subject);
  writer.U8(notice.percent);
  writer.Text(notice.unit.code());
  writer.Signed(notice.amount);
  writer.Signed(notice.at.unix_ms);
  writer.Text(notice.name);
}

absl::StatusOr<Notice> DecodeNotice(std::string_view bytes) {
  ByteReader in(bytes);
  Notice notice;
  const uint8_t type = in.U8();
  notice.type = static_cast<NoticeType>(type);
  notice.node.value = static_cast<uint32_t>(in.Varint());
  notice.subject = in.Varint();
  notice.percent = in.U8();
  const std::string_view code = in.Text();
  bool unit_ok = true;
  if (!code.empty()) {
    const auto unit = Unit::Parse(code);
    unit_ok = unit.ok();
    if (unit_ok) notice.unit = *unit;
  }
  notice.amount = in.Signed();
  notice.at.unix_ms = in.Signed();
  notice.name = in.Text();
  const bool type_ok = type >= 1 && type <= static_cast<uint8_t>(NoticeType::kSpendingStatus);
  if (!type_ok || !unit_ok || !in.ok() || !in.done())
    return absl::DataLossError(Cat("a notice of ", bytes.size(), " bytes is damaged"));
  return notice;
}

std::optional<uint8_t> CrossedThreshold(std::span<const uint8_t> thresholds, int64_t used,
                                        int64_t amount, uint8_t noticed_percent) {
  std::optional<uint8_t> crossed;
  if (used <= 0) return crossed;
  for (const uint8_t percent : thresholds) {
    const bool reached = amount <= 0 || absl::int128{used} * 100 >= absl::int128{amount} * percent;
    if (reached && percent > noticed_percent) crossed = percent;
  }
  return crossed;
}

std::string NoticeInWords(const Notice& notice, absl::TimeZone zone) {
  const std::string of_node = notice.node == kRootNode ? "" : Cat(" of node ", notice.node.value);
  const std::string amount =
      notice.unit.empty() ? FormatGrouped(notice.amount) : FormatAmount(notice.amount, notice.unit);
  switch (notice.type) {
    case NoticeType::kLimitThreshold:
      return Cat("limit ", notice.subject, of_node, " is used to ", notice.percent, " per cent");
    case NoticeType::kLimitReached:
      return Cat("limit ", notice.subject, of_node, " is used up");
    case NoticeType::kBucketThreshold:
      return Cat("bucket ", notice.subject, of_node, " is used to ", notice.percent, " per cent");
    case NoticeType::kBucketEnding:
      return Cat("bucket ", notice.subject, of_node, " ends at ", FormatInstant(notice.at, zone),
                 " with ", amount, " left");
    case NoticeType::kLowBalance:
      return Cat(amount, " is left");
    case NoticeType::kStateChanged:
      return Cat(notice.node == kRootNode ? "the account" : Cat("node ", notice.node.value),
                 " is now ", notice.name);
    case NoticeType::kRepurchased:
      return Cat("offer ", notice.name, " was bought again");
    case NoticeType::kRenewed:
      return Cat("subscription ", notice.subject, " was renewed");
    case NoticeType::kRenewalFailed:
      return Cat("subscription ", notice.subject, " could not be renewed");
    case NoticeType::kSubscriptionEnded:
      return Cat("subscription ", notice.subject, " has ended");
    case NoticeType::kTransferSent:
      return Cat(amount, " was sent");
    case NoticeType::kTransferReceived:
      return Cat(amount, " was received");
    case NoticeType::kSpendingStatus:
      return Cat("spending status: ", notice.name);
  }
  return "unknown notice";
}

}  // namespace ocs::balance
