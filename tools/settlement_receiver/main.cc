// ocs-settlement-receiver: an example of a phone-bill settlement system's end of
// proto/ocs/settlement/v1/phone_bill.proto. It keeps what it is sent in files of JSON lines, each
// record once, and shows in few lines what a receiver owes to its sender. It is no product: who
// may send is not checked, and it listens on loopback only.
//
// Exit codes: 0 ended by a signal; 2 bad arguments; 3 cannot listen, or a write failed.

#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/settlement/v1/phone_bill.grpc.pb.h"
#include "tools/settlement_receiver/sequence_keeper.h"

namespace ocs::receiver {
namespace {

namespace wire = settlement::v1;

constexpr int kExitUsage = 2;
constexpr int kExitFailed = 3;
// Files that are open at once: the shards of some senders.
constexpr size_t kKeepersMax = 256;

class Receiver final : public wire::PhoneBillSettlement::Service {
 public:
  explicit Receiver(std::string folder) : folder_(std::move(folder)) {}

  grpc::Status DeliverRecords(grpc::ServerContext* /*context*/,
                              const wire::DeliverRecordsRequest* request,
                              wire::DeliverRecordsResponse* response) override {
    if (!IsSender(request->sender())) return UnknownSender();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!request->tenant().empty()) return DeliverOfTenant(*request, response);
    const std::string name = Cat(request->sender(), ".", request->shard(), ".jsonl");
    // The numbers of a shard begin with 1.
    const auto keeper = AddTo(&records_, name, request->record(), 1);
    if (!keeper.ok()) return Refuse(keeper.status());
    if ((*keeper)->empty()) return grpc::Status::OK;
    const cdr::v1::Record& last = (*keeper)->last();
    response->set_local_record_sequence_number(last.local_record_sequence_number());
    *response->mutable_position() = last.position();
    return grpc::Status::OK;
  }

  grpc::Status DeliverBills(grpc::ServerContext* /*context*/,
                            const wire::DeliverBillsRequest* request,
                            wire::DeliverBillsResponse* response) override {
    if (!IsSender(request->sender())) return UnknownSender();
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto keeper = AddTo(&bills_, Cat(request->sender(), ".bills.jsonl"), request->bill(),
                              request->first_number());
    if (!keeper.ok()) return Refuse(keeper.status());
    response->set_has_any(!(*keeper)->empty());
    if (response->has_any()) response->set_last_number(NumberOf((*keeper)->last()));
    return grpc::Status::OK;
  }

 private:
  // The numbers have gaps: positions say where it stands.
  grpc::Status DeliverOfTenant(const wire::DeliverRecordsRequest& request,
                               wire::DeliverRecordsResponse* response) {
    if (!IsSender(request.tenant())) return UnknownSender();
    const std::string name =
        Cat(request.sender(), ".", request.tenant(), ".", request.shard(), ".jsonl");
    auto found = tenants_.find(name);
    if (found == tenants_.end()) {
      if (tenants_.size() >= kKeepersMax)
        return Refuse(absl::InvalidArgumentError("too many tenants and shards"));
      auto opened = TenantKeeper::Open(folder_, name);
      if (!opened.ok()) return Refuse(opened.status());
      found = tenants_.emplace(name, *std::move(opened)).first;
    }
    const absl::Status added = found->second->Add(request);
    if (!added.ok()) {
      tenants_.erase(found);
      return Refuse(added);
    }
    *response->mutable_position() = found->second->position();
    return grpc::Status::OK;
  }

  template <typename Message>
  using Keepers = std::map<std::string, std::unique_ptr<SequenceKeeper<Message>>>;

  // Stores what follows, in the file of that name.
  template <typename Message>
  absl::StatusOr<const SequenceKeeper<Message>*> AddTo(
      Keepers<Message>* keepers, const std::string& name,
      const google::protobuf::RepeatedPtrField<Message>& messages, uint64_t first) {
    auto found = keepers->find(name);
    if (found == keepers->end()) {
      if (keepers->size() >= kKeepersMax)
        return absl::InvalidArgumentError("too many senders and shards");
      OCS_ASSIGN_OR_RETURN(auto opened, SequenceKeeper<Message>::Open(folder_, name));
      found = keepers->emplace(name, std::move(opened)).first;
    }
    const absl::Status added = found->second->Add(messages, first);
    if (added.ok()) return found->second.get();
    // What is in the file is not known any more: the next call opens it again and looks.
    keepers->erase(found);
    return added;
  }

  static grpc::Status UnknownSender() {
    return Refuse(absl::InvalidArgumentError(
        "sender and tenant: expected 1 to 64 letters, digits, '-' or '_': they name a file"));
  }
  static grpc::Status Refuse(const absl::Status& why) {
    const std::string text(why.message());
    std::fprintf(stderr, "ocs-settlement-receiver: %s\n", text.c_str());
    const bool theirs = absl::IsInvalidArgument(why);
    return {theirs ? grpc::StatusCode::FAILED_PRECONDITION : grpc::StatusCode::UNAVAILABLE, text};
  }

  const std::string folder_;
  std::mutex mutex_;
  Keepers<cdr::v1::Record> records_;
  std::map<std::string, std::unique_ptr<TenantKeeper>> tenants_;
  Keepers<wire::BillDocument> bills_;
};

int Run(const std::string& address, const std::string& folder) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  Receiver receiver(folder);
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&receiver);
  const auto server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::fprintf(stderr, "ocs-settlement-receiver: cannot listen on %s\n", address.c_str());
    return kExitFailed;
  }
  std::printf("listening on %s:%d\n", address.substr(0, address.rfind(':')).c_str(), port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ending, &signal);
  server->Shutdown();
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app("An example receiver of charging records for phone bills.",
               "ocs-settlement-receiver");
  std::string address = "127.0.0.1:7090";
  std::string folder;
  app.add_option("--listen-address", address, "host:port, loopback only; port 0 takes a free one")
      ->capture_default_str()
      ->check([](const std::string& text) {
        return text.rfind("127.0.0.1:", 0) == 0 || text.rfind("[::1]:", 0) == 0
                   ? std::string()
                   : std::string("expected 127.0.0.1:PORT or [::1]:PORT");
      });
  app.add_option("--folder", folder, "where the files go; must be there")
      ->required()
      ->check(CLI::ExistingDirectory);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  return Run(address, folder);
}

}  // namespace
}  // namespace ocs::receiver

int main(int argc, char** argv) { return ocs::receiver::Main(argc, argv); }
