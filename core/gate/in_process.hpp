// In-process: the cluster as a plugin inside the server sees it, under an identity of its own.
//
// Requests take the same road as everyone's. Reads of one object and subscriptions skip the
// serialising: after the same RBAC check they hand out the committed objects themselves.

#pragma once

#include <memory>
#include <string>

#include "core/api/catalog.hpp"
#include "core/auth/authorizer.hpp"
#include "core/bus/bus.hpp"
#include "core/gate/gate.hpp"
#include "core/loader/loader.hpp"
#include "core/store/store.hpp"

namespace pintle::gate {

struct InProcessParts {
  Gate& gate;
  const api::Catalog& catalog;
  const auth::Authorizer& authorizer;
  const store::Store& store;
  bus::Bus& bus;
};

/// A backend that acts as `who`. What it writes belongs to the manager `name`, as to a client with
/// that User-Agent. The parts outlive it.
std::unique_ptr<loader::Backend> make_in_process_backend(const InProcessParts& parts,
                                                         auth::Identity who,
                                                         std::string name = "in-process");

/// Who a plugin is: "scheduler" is system:kube-scheduler, "kubelet" its node, a controller its
/// service account in kube-system, and a stranger system:serviceaccount:kube-system:plugin-NAME,
/// which may do nothing until someone binds a role to it.
auth::Identity identity_of_plugin(const std::string& plugin, const std::string& node_name);

}  // namespace pintle::gate
