// Which function performs which verb.

#include "core/registry/registry.hpp"

#include "core/registry/bootstrap.hpp"
#include "core/registry/shared.hpp"
#include "core/registry/versions.hpp"

namespace pintle::registry {

namespace {

void dispatch(Shared& shared, Operation operation, Reply reply) {
  if (operation.subresource == "scale") {
    scale(shared, std::move(operation), std::move(reply));
  } else if (operation.verb == "get") {
    get(shared, operation, reply);
  } else if (operation.verb == "list") {
    list(shared, operation, reply);
  } else if (operation.verb == "watch") {
    watch(shared, operation, reply);
  } else if (operation.verb == "create" &&
             (operation.subresource == "binding" || operation.resource->kind == "Binding")) {
    bind(shared, std::move(operation), std::move(reply));
  } else if (operation.verb == "create" && operation.subresource == "eviction") {
    evict(shared, std::move(operation), std::move(reply));
  } else if (operation.verb == "create" && operation.subresource == "token") {
    request_token(shared, operation, reply);
  } else if (review(shared, operation, reply)) {
    return;
  } else if (operation.verb == "create") {
    create(shared, std::move(operation), std::move(reply));
  } else if (operation.verb == "update") {
    update(shared, std::move(operation), std::move(reply));
  } else if (operation.verb == "patch") {
    patch(shared, std::move(operation), std::move(reply));
  } else if (operation.verb == "delete") {
    remove(shared, std::move(operation), std::move(reply));
  } else if (operation.verb == "deletecollection") {
    remove_collection(shared, std::move(operation), std::move(reply));
  } else {
    reply(Error(Code::kMethodNotAllowed,
                "the server does not allow this method on the requested resource"));
  }
}

}  // namespace

struct Registry::State {
  explicit State(RegistryParts parts) : shared(std::move(parts)) {}
  Shared shared;
};

Registry::Registry(RegistryParts parts) : state_(std::make_unique<State>(std::move(parts))) {}
Registry::~Registry() = default;

const api::Catalog& Registry::catalog() const {
  return state_->shared.parts.catalog;
}

Result<void> Registry::bootstrap(const std::vector<Json>& defaults) {
  return registry::bootstrap(state_->shared, defaults);
}

void Registry::perform(Operation operation, Reply reply) {
  auto& shared = state_->shared;
  move_to_stored(shared.parts.catalog, operation);
  reply = in_words_of(operation, std::move(reply));
  const bool reads =
      operation.verb == "get" || operation.verb == "list" || operation.verb == "watch";
  if (reads || !shared.parts.admission.may_wait(*operation.resource)) {
    return dispatch(shared, std::move(operation), std::move(reply));
  }
  const auto& resource = *operation.resource;
  const auto asked = std::make_shared<Operation>(std::move(operation));
  run_attempt(
      shared, resource, [&shared, asked, reply] { dispatch(shared, std::move(*asked), reply); },
      reply);
}

}  // namespace pintle::registry
