// The road of a request, top to bottom: identify → parse → authorize → perform → answer → audit.

#include "core/gate/gate.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/api/protobuf.hpp"
#include "core/base/ids.hpp"
#include "core/gate/compression.hpp"
#include "core/gate/endpoints.hpp"
#include "core/object/status.hpp"
#include "core/registry/represent.hpp"

namespace pintle::gate {
namespace {

/// One request on its way, with what the audit line will need.
struct Passage {
  Request request;
  Respond respond;
  auth::Identity who;
  RequestInfo info;
  std::string id;
  std::string decision;
  registry::AuditNotes notes;  // What admission had to say.
  WallTime received{};
  SteadyTime started{};
};
using PassagePtr = std::shared_ptr<Passage>;

std::string lower_media_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  std::erase(type, ' ');
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type;
}

/// `pods "nginx" is forbidden: User "joe" cannot get resource "pods" in API group "" ...`.
/// Source: apiserver endpoints/handlers/responsewriters ForbiddenStatusError.
Error forbidden(const auth::Identity& who, const auth::Attributes& what) {
  if (!what.is_resource) {
    return {
        Code::kForbidden,
        "forbidden: User \"" + who.user + "\" cannot " + what.verb + " path \"" + what.path + "\"",
        ErrorDetails{}};
  }
  std::string resource = what.resource;
  if (!what.subresource.empty()) {
    resource += "/" + what.subresource;
  }
  std::string message = what.resource;
  if (!what.group.empty()) {
    message += "." + what.group;
  }
  if (!what.name.empty()) {
    message += " \"" + what.name + "\"";
  }
  message += " is forbidden: User \"" + who.user + "\" cannot " + what.verb + " resource \"" +
             resource + "\" in API group \"" + what.group + "\"";
  message += what.ns.empty() ? " at the cluster scope" : " in the namespace \"" + what.ns + "\"";
  return {Code::kForbidden, std::move(message),
          ErrorDetails{.name = what.name, .group = what.group, .kind = what.resource}};
}

Error no_such_path() {
  return {Code::kNotFound, "the server could not find the requested resource", ErrorDetails{}};
}

Error method_not_allowed() {
  return {Code::kMethodNotAllowed,
          "the server does not allow this method on the requested resource", ErrorDetails{}};
}

/// Exec and its kin change things whatever the method: they all ask for `create` (T-Z11).
void map_connect_verbs(auth::Attributes& what) {
  const bool connects = what.resource == "pods" && what.group.empty() &&
                        (what.subresource == "exec" || what.subresource == "attach" ||
                         what.subresource == "portforward");
  if (what.is_resource && connects) {
    what.verb = "create";
  }
}

/// The registry's source of a body as the engine's stream.
class SourceStream final : public Stream {
 public:
  explicit SourceStream(std::shared_ptr<registry::Answer::Source> source)
      : source_(std::move(source)) {}

  State pull(std::string& out, std::size_t budget) override {
    switch (source_->pull(out, budget)) {
      case registry::Answer::Source::State::kMore:
        return State::kMore;
      case registry::Answer::Source::State::kWait:
        return State::kWait;
      case registry::Answer::Source::State::kEnd:
        break;
    }
    return State::kEnd;
  }
  void set_waker(std::function<void()> waker) override { source_->set_waker(std::move(waker)); }

 private:
  std::shared_ptr<registry::Answer::Source> source_;
};

std::string to_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

Response to_response(registry::Answer answer) {
  Response response{.status = answer.status,
                    .content_type = std::move(answer.content_type),
                    .headers = {},
                    .body = std::move(answer.body)};
  for (const auto& warning : answer.warnings) {
    response.headers.emplace_back("Warning", "299 - " + to_quoted(warning));
  }
  if (answer.source != nullptr) {
    response.body = std::make_unique<SourceStream>(std::move(answer.source));
  }
  return response;
}

bool same_letter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

bool is_header(std::string_view name, std::string_view wanted) {
  return std::equal(name.begin(), name.end(), wanted.begin(), wanted.end(), same_letter);
}

bool impersonates(const Headers& headers) {
  return std::any_of(headers.begin(), headers.end(), [](const auto& header) {
    return is_header(std::string_view(header.first).substr(0, 12), "impersonate-");
  });
}

/// People at a terminal get indented answers without asking.
/// Source: apiserver endpoints/handlers/negotiation isPrettyPrint.
bool is_for_people(const Headers& headers) {
  const auto agent = find_header(headers, "User-Agent");
  return agent.starts_with("curl") || agent.starts_with("Wget") || agent.starts_with("Mozilla/5.0");
}

/// The Status of `error`, in the form that the request accepts.
Response to_response(const Error& error, const Request& request) {
  const std::string_view target = request.target;
  const auto query = target.substr(std::min(target.find('?'), target.size() - 1) + 1);
  auto as =
      registry::negotiate_status(find_header(request.headers, "Accept"), registry::Query(query));
  as.pretty = as.pretty || is_for_people(request.headers);
  Response response =
      to_response(registry::answer_json(as, to_status_json(error), http_status_of(error.code)));
  if (error.details != nullptr && error.details->retry_after_seconds > 0) {
    response.headers.emplace_back("Retry-After",
                                  std::to_string(error.details->retry_after_seconds));
  }
  return response;
}

}  // namespace

struct Gate::State {
  GateParts parts;
  Endpoints endpoints;

  PassagePtr enter(Request request, Respond respond) const;
  /// Calls `next` once the passage's identity is known; answers where it can't be.
  void identify(const PassagePtr& passage, std::function<void()> next) const;
  /// Parses and authorises; the error is what the client gets.
  Result<void> let_in(Passage& passage) const;
  void perform(const PassagePtr& passage) const;
  void perform_operation(const PassagePtr& passage, const api::Resource& resource) const;
  Result<const api::Resource*> find_resource(const RequestInfo& info) const;
  void finish(Passage& passage, Response response, std::string_view reason) const;
  void refuse(Passage& passage, const Error& error) const;
};

PassagePtr Gate::State::enter(Request request, Respond respond) const {
  auto passage = std::make_shared<Passage>();
  passage->request = std::move(request);
  passage->respond = std::move(respond);
  passage->id = make_uuid();
  passage->received = parts.clock.now();
  passage->started = parts.clock.steady();
  return passage;
}

void Gate::State::finish(Passage& passage, Response response, std::string_view reason) const {
  AuditRecord record{.id = passage.id,
                     .received = passage.received,
                     .who = passage.who,
                     .what = passage.info.attributes,
                     .method = passage.request.method,
                     .target = passage.request.target,
                     .remote_address = passage.request.remote_address,
                     .user_agent = std::string(find_header(passage.request.headers, "User-Agent")),
                     .status = response.status,
                     .reason = std::string(reason),
                     .decision = passage.decision,
                     .notes = std::move(passage.notes)};
  record.latency =
      std::chrono::duration_cast<std::chrono::microseconds>(parts.clock.steady() - passage.started);
  // Before the answer leaves: whoever has the answer finds the line.
  parts.audit.write(record);
  if (parts.observe) {
    parts.observe(record);
  }
  // Watches are not: their frames must not wait for more to pack them with.
  if (passage.info.attributes.verb != "watch" &&
      accepts_gzip(find_header(passage.request.headers, "Accept-Encoding"))) {
    compress(response);
  }
  response.headers.emplace_back("Audit-Id", std::move(passage.id));
  passage.respond(std::move(response));
}

void Gate::State::refuse(Passage& passage, const Error& error) const {
  finish(passage, to_response(error, passage.request), reason_of(error.code));
}

void Gate::State::identify(const PassagePtr& passage, std::function<void()> next) const {
  auth::Credentials credentials{.authorization = {},
                                .certificate = passage->request.certificate,
                                .remote_address = passage->request.remote_address};
  for (const auto& [name, value] : passage->request.headers) {
    if (is_header(name, "Authorization")) {
      credentials.authorization.push_back(value);
    }
  }
  const auto take = [this, passage, next](Result<auth::Identity> who) {
    if (!who.ok()) {
      return refuse(*passage, who.error());
    }
    passage->who = std::move(who).value();
    next();
  };
  if (auto now = parts.authenticator.identify_now(credentials)) {
    return take(std::move(*now));
  }
  const bool queued = parts.run_on_worker(
      [this, take, credentials] { take(parts.authenticator.identify(credentials)); });
  if (!queued) {
    refuse(*passage, {Code::kTooManyRequests, "too many requests, please try again later",
                      ErrorDetails{.retry_after_seconds = 1}});
  }
}

Result<void> Gate::State::let_in(Passage& passage) const {
  PINTLE_TRY(passage.info, parse_request_info(passage.request.method, passage.request.target));
  map_connect_verbs(passage.info.attributes);
  const auto decision = parts.authorizer.allow(passage.who, passage.info.attributes);
  passage.decision = decision.allowed ? "allow" : "forbid";
  if (!decision.allowed) {
    return forbidden(passage.who, passage.info.attributes);
  }
  if (impersonates(passage.request.headers)) {
    return Error{Code::kForbidden, "impersonation is not served here: leave out Impersonate-*",
                 ErrorDetails{}};
  }
  return {};
}

Result<const api::Resource*> Gate::State::find_resource(const RequestInfo& info) const {
  const auto& what = info.attributes;
  const api::Resource* resource =
      parts.registry.catalog().find(what.group, what.version, what.resource);
  if (resource == nullptr || info.goes_deeper) {
    return no_such_path();
  }
  const bool is_namespace_itself = what.resource == "namespaces" && what.group.empty();
  if (!resource->namespaced && !what.ns.empty() && !is_namespace_itself) {
    return no_such_path();
  }
  if (resource->namespaced && what.ns.empty() && !what.name.empty() && !info.name_of_selector &&
      what.verb != "watch") {
    return no_such_path();
  }
  if (!what.subresource.empty()) {
    const auto* subresource = resource->find_subresource(what.subresource);
    if (subresource == nullptr) {
      return no_such_path();
    }
    const std::string verbs = " " + std::string(subresource->verbs) + " ";
    if (verbs.find(" " + what.verb + " ") == std::string::npos) {
      return method_not_allowed();
    }
    return resource;
  }
  const bool spans_namespaces = what.verb == "list" || what.verb == "watch";
  if (resource->namespaced && what.ns.empty() && !spans_namespaces) {
    return method_not_allowed();
  }
  const bool names_one = what.verb == "get" || what.verb == "update" || what.verb == "patch";
  if (!resource->has_verb(what.verb) || (names_one && what.name.empty()) ||
      (what.verb == "create" && !what.name.empty())) {
    return method_not_allowed();
  }
  return resource;
}

void Gate::State::perform_operation(const PassagePtr& passage,
                                    const api::Resource& resource) const {
  const auto& what = passage->info.attributes;
  const auto& headers = passage->request.headers;
  registry::Operation operation{
      .who = passage->who,
      .verb = what.verb,
      .resource = &resource,
      .subresource = what.subresource,
      .ns = resource.namespaced ? what.ns : "",
      .name = passage->info.name_of_selector ? "" : what.name,
      .query = passage->info.query,
      .body = std::move(passage->request.body),
      .content_type = lower_media_type(find_header(headers, "Content-Type")),
      .accept = std::string(find_header(headers, "Accept")),
      .user_agent = std::string(find_header(headers, "User-Agent")),
      .notes = &passage->notes};
  if (is_for_people(headers) && operation.query.find("pretty=") == std::string::npos) {
    operation.query += operation.query.empty() ? "pretty=true" : "&pretty=true";
  }
  if (operation.content_type == api::kProtobuf) {
    const auto object = api::decode_protobuf(parts.registry.catalog(), operation.body);
    if (!object.ok()) {
      return refuse(*passage, object.error());
    }
    operation.body = to_json(object.value());
    operation.content_type = "application/json";
  }
  parts.registry.perform(std::move(operation), [this, passage](Result<registry::Answer> answer) {
    if (!answer.ok()) {
      return refuse(*passage, answer.error());
    }
    finish(*passage, to_response(std::move(answer).value()), "");
  });
}

void Gate::State::perform(const PassagePtr& passage) const {
  const auto& info = passage->info;
  if (info.attributes.is_resource) {
    const auto resource = find_resource(info);
    if (!resource.ok()) {
      return refuse(*passage, resource.error());
    }
    return perform_operation(passage, *resource.value());
  }
  if (info.attributes.verb != "get" && info.attributes.verb != "head") {
    return refuse(*passage, method_not_allowed());
  }
  auto answer = endpoints.get(info, passage->request);
  if (!answer || !answer->ok()) {
    return refuse(*passage, answer ? answer->error() : no_such_path());
  }
  finish(*passage, std::move(*answer).value(), "");
}

Gate::Gate(GateParts parts)
    : state_(new State{.parts = parts,
                       .endpoints = Endpoints({.catalog = parts.registry.catalog(),
                                               .ready_checks = parts.ready_checks,
                                               .metrics = parts.metrics,
                                               .version_json = parts.version_json,
                                               .clock = parts.clock})}) {}

Gate::~Gate() = default;

void Gate::handle(Request request, Respond respond) {
  const auto passage = state_->enter(std::move(request), std::move(respond));
  state_->identify(passage, [state = state_.get(), passage] {
    const auto allowed = state->let_in(*passage);
    if (!allowed.ok()) {
      return state->refuse(*passage, allowed.error());
    }
    state->perform(passage);
  });
}

void Gate::call(auth::Identity who, Request request, Respond respond) {
  const auto passage = state_->enter(std::move(request), std::move(respond));
  passage->who = std::move(who);
  const auto allowed = state_->let_in(*passage);
  if (!allowed.ok()) {
    return state_->refuse(*passage, allowed.error());
  }
  state_->perform(passage);
}

void Gate::admit(const Request& request, std::function<void(Admitted)> go, Respond respond) {
  const auto passage = state_->enter(request, std::move(respond));
  state_->identify(passage, [state = state_.get(), passage, go = std::move(go)] {
    const auto allowed = state->let_in(*passage);
    if (!allowed.ok()) {
      return state->refuse(*passage, allowed.error());
    }
    // The slow route answers for itself: the line says that it was let through.
    state->parts.audit.write(
        {.id = passage->id,
         .received = passage->received,
         .who = passage->who,
         .what = passage->info.attributes,
         .method = passage->request.method,
         .target = passage->request.target,
         .remote_address = passage->request.remote_address,
         .user_agent = std::string(find_header(passage->request.headers, "User-Agent")),
         .status = 200,
         .decision = passage->decision});
    go({std::move(passage->who), std::move(passage->info)});
  });
}

}  // namespace pintle::gate
