// Speaks CRI over gRPC: one channel, a deadline on every call, errors in our codes.

#include "plugins/kubelet/cri_client.hpp"

#include <grpcpp/grpcpp.h>
#include <mutex>
#include <set>

#include "core/base/concat.hpp"
#include "cri/health.grpc.pb.h"
#include "cri/runtime.grpc.pb.h"
#include "plugins/kubelet/cri_convert.hpp"

namespace pintle::kubelet {
namespace {

using std::chrono::seconds;

/// Source: kubelet --runtime-request-timeout; twice that for sandboxes, as theirs are set up by
/// CNI.
constexpr seconds kTimeout{120};
constexpr seconds kSandboxTimeout{240};
constexpr seconds kPullTimeout{3600};
constexpr int kMaxMessageBytes = 16 * 1024 * 1024;

Error to_error(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::NOT_FOUND:
      return {Code::kNotFound, status.error_message()};
    case grpc::StatusCode::UNAVAILABLE:
      return {Code::kServiceUnavailable, status.error_message()};
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return {Code::kTimeout, status.error_message()};
    case grpc::StatusCode::CANCELLED:
      return {Code::kCancelled, status.error_message()};
    case grpc::StatusCode::INVALID_ARGUMENT:
      return {Code::kBadRequest, status.error_message()};
    default:
      return {Code::kInternalError, status.error_message()};
  }
}

std::string target_of(const std::string& endpoint) {
  return endpoint.starts_with("/") ? "unix://" + endpoint : endpoint;
}

class CriClient final : public Runtime {
 public:
  explicit CriClient(const std::string& endpoint) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 200);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 3000);
    const auto channel = grpc::CreateCustomChannel(target_of(endpoint),
                                                   grpc::InsecureChannelCredentials(), arguments);
    runtime_ = cri::RuntimeService::NewStub(channel);
    images_ = cri::ImageService::NewStub(channel);
  }

  void cancel() override {
    const std::lock_guard lock(mutex_);
    is_cancelled_ = true;
    for (auto* context : calls_) {
      context->TryCancel();
    }
  }

  Result<RuntimeVersion> version() override {
    PINTLE_TRY(const auto answer,
               call(*runtime_, &Stub::Version, cri::VersionRequest{}, seconds{5}));
    return RuntimeVersion{answer.runtime_name(), answer.runtime_version()};
  }

  Result<RuntimeHealth> health() override {
    PINTLE_TRY(const auto answer,
               call(*runtime_, &Stub::Status, cri::StatusRequest{}, seconds{10}));
    RuntimeHealth health;
    for (const auto& condition : answer.status().conditions()) {
      RuntimeCondition ours{condition.status(), condition.reason(), condition.message()};
      if (condition.type() == "RuntimeReady") {
        health.runtime = std::move(ours);
      } else if (condition.type() == "NetworkReady") {
        health.network = std::move(ours);
      }
    }
    return health;
  }

  Result<void> set_pod_cidr(const std::string& cidr) override {
    cri::UpdateRuntimeConfigRequest request;
    request.mutable_runtime_config()->mutable_network_config()->set_pod_cidr(cidr);
    PINTLE_TRY_STATUS(call(*runtime_, &Stub::UpdateRuntimeConfig, request, kTimeout));
    return {};
  }

  Result<std::string> run_sandbox(const SandboxConfig& config) override {
    cri::RunPodSandboxRequest request;
    *request.mutable_config() = to_cri(config);
    PINTLE_TRY(const auto answer, call(*runtime_, &Stub::RunPodSandbox, request, kSandboxTimeout));
    return answer.pod_sandbox_id();
  }

  Result<void> stop_sandbox(const std::string& id) override {
    cri::StopPodSandboxRequest request;
    request.set_pod_sandbox_id(id);
    PINTLE_TRY_STATUS(call(*runtime_, &Stub::StopPodSandbox, request, kSandboxTimeout));
    return {};
  }

  Result<void> remove_sandbox(const std::string& id) override {
    cri::RemovePodSandboxRequest request;
    request.set_pod_sandbox_id(id);
    PINTLE_TRY_STATUS(call(*runtime_, &Stub::RemovePodSandbox, request, kSandboxTimeout));
    return {};
  }

  Result<std::vector<SandboxState>> list_sandboxes(const std::string& uid) override {
    cri::ListPodSandboxRequest request;
    if (!uid.empty()) {
      (*request.mutable_filter()->mutable_label_selector())[kPodUidLabel] = uid;
    }
    PINTLE_TRY(const auto answer, call(*runtime_, &Stub::ListPodSandbox, request, kTimeout));
    std::vector<SandboxState> list;
    for (const auto& sandbox : answer.items()) {
      list.push_back(from_cri(sandbox));
    }
    return list;
  }

  Result<SandboxStatus> sandbox_status(const std::string& id) override {
    cri::PodSandboxStatusRequest request;
    request.set_pod_sandbox_id(id);
    PINTLE_TRY(const auto answer, call(*runtime_, &Stub::PodSandboxStatus, request, kTimeout));
    return from_cri(answer.status());
  }

  Result<std::string> create_container(const std::string& sandbox_id, const ContainerConfig& config,
                                       const SandboxConfig& sandbox) override {
    cri::CreateContainerRequest request;
    request.set_pod_sandbox_id(sandbox_id);
    *request.mutable_config() = to_cri(config);
    *request.mutable_sandbox_config() = to_cri(sandbox);
    PINTLE_TRY(const auto answer, call(*runtime_, &Stub::CreateContainer, request, kTimeout));
    return answer.container_id();
  }

  Result<void> start_container(const std::string& id) override {
    cri::StartContainerRequest request;
    request.set_container_id(id);
    PINTLE_TRY_STATUS(call(*runtime_, &Stub::StartContainer, request, kTimeout));
    return {};
  }

  Result<void> stop_container(const std::string& id, seconds grace) override {
    cri::StopContainerRequest request;
    request.set_container_id(id);
    request.set_timeout(grace.count());
    PINTLE_TRY_STATUS(call(*runtime_, &Stub::StopContainer, request, kTimeout + grace));
    return {};
  }

  Result<void> remove_container(const std::string& id) override {
    cri::RemoveContainerRequest request;
    request.set_container_id(id);
    PINTLE_TRY_STATUS(call(*runtime_, &Stub::RemoveContainer, request, kTimeout));
    return {};
  }

  Result<std::vector<ContainerState>> list_containers(const std::string& uid) override {
    cri::ListContainersRequest request;
    if (!uid.empty()) {
      (*request.mutable_filter()->mutable_label_selector())[kPodUidLabel] = uid;
    }
    PINTLE_TRY(const auto answer, call(*runtime_, &Stub::ListContainers, request, kTimeout));
    std::vector<ContainerState> list;
    for (const auto& container : answer.containers()) {
      list.push_back(from_cri(container));
    }
    return list;
  }

  Result<ContainerStatus> container_status(const std::string& id) override {
    cri::ContainerStatusRequest request;
    request.set_container_id(id);
    PINTLE_TRY(const auto answer, call(*runtime_, &Stub::ContainerStatus, request, kTimeout));
    return from_cri(answer.status());
  }

  Result<void> reopen_log(const std::string& id) override {
    cri::ReopenContainerLogRequest request;
    request.set_container_id(id);
    PINTLE_TRY_STATUS(call(*runtime_, &Stub::ReopenContainerLog, request, kTimeout));
    return {};
  }

  Result<ExecResult> exec_sync(const std::string& id, const std::vector<std::string>& command,
                               seconds timeout) override {
    cri::ExecSyncRequest request;
    request.set_container_id(id);
    for (const auto& word : command) {
      request.add_cmd(word);
    }
    request.set_timeout(timeout.count());
    // The runtime keeps the time; ours is for a runtime that does not.
    const auto deadline = timeout.count() == 0 ? kPullTimeout : timeout + seconds{15};
    PINTLE_TRY(const auto answer, call(*runtime_, &Stub::ExecSync, request, deadline));
    return ExecResult{answer.stdout(), answer.stderr(), answer.exit_code()};
  }

  Result<std::string> exec_url(const StreamOptions& options) override {
    cri::ExecRequest request;
    fill(request, options);
    for (const auto& word : options.command) {
      request.add_cmd(word);
    }
    PINTLE_TRY(const auto answer, call(*runtime_, &Stub::Exec, request, kTimeout));
    return answer.url();
  }

  Result<std::string> attach_url(const StreamOptions& options) override {
    cri::AttachRequest request;
    fill(request, options);
    PINTLE_TRY(const auto answer, call(*runtime_, &Stub::Attach, request, kTimeout));
    return answer.url();
  }

  Result<std::string> port_forward_url(const std::string& sandbox_id,
                                       const std::vector<std::int32_t>& ports) override {
    cri::PortForwardRequest request;
    request.set_pod_sandbox_id(sandbox_id);
    for (const auto port : ports) {
      request.add_port(port);
    }
    PINTLE_TRY(const auto answer, call(*runtime_, &Stub::PortForward, request, kTimeout));
    return answer.url();
  }

  Result<std::vector<ImageInfo>> list_images() override {
    PINTLE_TRY(const auto answer,
               call(*images_, &ImageStub::ListImages, cri::ListImagesRequest{}, kTimeout));
    std::vector<ImageInfo> list;
    for (const auto& image : answer.images()) {
      list.push_back(from_cri(image));
    }
    return list;
  }

  Result<std::optional<ImageInfo>> find_image(const std::string& image) override {
    cri::ImageStatusRequest request;
    request.mutable_image()->set_image(image);
    PINTLE_TRY(const auto answer, call(*images_, &ImageStub::ImageStatus, request, kTimeout));
    if (!answer.has_image()) {
      return std::optional<ImageInfo>{};
    }
    return std::optional(from_cri(answer.image()));
  }

  Result<std::string> pull_image(const std::string& image, const RegistryAuth* auth,
                                 const SandboxConfig& sandbox) override {
    cri::PullImageRequest request;
    request.mutable_image()->set_image(image);
    *request.mutable_sandbox_config() = to_cri(sandbox);
    if (auth != nullptr) {
      request.mutable_auth()->set_username(auth->username);
      request.mutable_auth()->set_password(auth->password);
      request.mutable_auth()->set_auth(auth->auth);
      request.mutable_auth()->set_server_address(auth->server);
      request.mutable_auth()->set_identity_token(auth->identity_token);
    }
    PINTLE_TRY(const auto answer, call(*images_, &ImageStub::PullImage, request, kPullTimeout));
    return answer.image_ref();
  }

  Result<void> remove_image(const std::string& image) override {
    cri::RemoveImageRequest request;
    request.mutable_image()->set_image(image);
    PINTLE_TRY_STATUS(call(*images_, &ImageStub::RemoveImage, request, kTimeout));
    return {};
  }

 private:
  using Stub = cri::RuntimeService::Stub;
  using ImageStub = cri::ImageService::Stub;

  bool begin(grpc::ClientContext& context) {
    const std::lock_guard lock(mutex_);
    if (!is_cancelled_) {
      calls_.insert(&context);
    }
    return !is_cancelled_;
  }

  void end(grpc::ClientContext& context) {
    const std::lock_guard lock(mutex_);
    calls_.erase(&context);
  }

  template <typename Service, typename Request, typename Answer>
  Result<Answer> call(Service& service,
                      grpc::Status (Service::*method)(grpc::ClientContext*, const Request&,
                                                      Answer*),
                      const Request& request, seconds timeout) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + timeout);
    if (!begin(context)) {
      return Error{Code::kCancelled, "the agent is stopping"};
    }
    Answer answer;
    const auto status = (service.*method)(&context, request, &answer);
    end(context);
    if (!status.ok()) {
      return to_error(status);
    }
    return answer;
  }

  template <typename Request>
  static void fill(Request& request, const StreamOptions& options) {
    request.set_container_id(options.container_id);
    request.set_tty(options.tty);
    request.set_stdin(options.with_stdin);
    request.set_stdout(options.with_stdout);
    request.set_stderr(options.with_stderr);
  }

  std::unique_ptr<Stub> runtime_;
  std::unique_ptr<ImageStub> images_;
  std::mutex mutex_;
  std::set<grpc::ClientContext*> calls_;  // Under way. Guarded by mutex_.
  bool is_cancelled_ = false;             // Likewise.
};

}  // namespace

std::unique_ptr<Runtime> make_cri_client(const std::string& endpoint) {
  return std::make_unique<CriClient>(endpoint);
}

Result<void> check_grpc_health(const std::string& address, const std::string& service,
                               seconds timeout) {
  namespace health = ::grpc::health::v1;
  const auto stub =
      health::Health::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  health::HealthCheckRequest request;
  request.set_service(service);
  health::HealthCheckResponse answer;
  const auto status = stub->Check(&context, request, &answer);
  if (!status.ok()) {
    return to_error(status);
  }
  if (answer.status() != health::HealthCheckResponse::SERVING) {
    return Error{Code::kServiceUnavailable,
                 "service unhealthy (responded with \"" +
                     health::HealthCheckResponse::ServingStatus_Name(answer.status()) + "\")"};
  }
  return {};
}

}  // namespace pintle::kubelet
