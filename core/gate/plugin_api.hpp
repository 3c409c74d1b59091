// The plugin API: /apis/pintle.dev/v1alpha1/plugins, for `pintle plugin` and whoever else may.
//
// GET lists, POST loads, PUT replaces, DELETE unloads; RBAC has decided before. Loading runs a
// plugin's start, so this is called on a worker.

#pragma once

#include "core/gate/exchange.hpp"
#include "core/gate/gate.hpp"
#include "core/loader/loader.hpp"

namespace pintle::gate {

/// True for the paths this answers.
bool is_plugin_api(const RequestInfo& info);

/// The answer: a Plugin, a PluginList or a Status.
Response answer_plugin_api(loader::Loader& loader, const RequestInfo& info, const Request& request);

}  // namespace pintle::gate
