// A control plane with admission plugins loaded from their libraries, as a server loads them.

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "core/gate/in_process.hpp"
#include "core/gate/plugin_admission.hpp"
#include "core/loader/loader.hpp"
#include "tests/core/registry/cluster.hpp"

namespace pintle::test {

/// Owning files as root is what the loader asks for; nobody else can make such files.
inline boost::test_tools::assertion_result as_root(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result is_root(::geteuid() == 0);
  is_root.message() << "needs root";
  return is_root;
}

struct Loaded : Cluster {
  TempDirectory folder;
  gate::PluginAdmission plugins{null_log()};
  loader::Loader loader{{.plugin_dir = folder.path(), .settings = {}, .plugin_config = {}},
                        [this](const std::string& plugin) {
                          return gate::make_in_process_backend(
                              {.gate = gate,
                               .catalog = catalog,
                               .authorizer = authorizer,
                               .store = *store,
                               .bus = bus},
                              gate::identity_of_plugin(plugin, ""));
                        },
                        {},
                        null_log()};

  Loaded() {
    post("/api/v1/namespaces", R"({"metadata":{"name":"default"}})");
    post("/api/v1/namespaces/default/serviceaccounts", R"({"metadata":{"name":"default"}})");
    admission.on_mutate = [this](registry::Review& review) { return plugins.mutate(review); };
    admission.on_validate = [this](const registry::Review& review) {
      return plugins.validate(review);
    };
    plugins.connect(loader);
  }

  void load(const std::string& name) {
    const auto to = folder.path() / (name + ".so");
    std::filesystem::copy_file(std::filesystem::path(PINTLE_PLUGINS) / (name + ".so"), to);
    ::chmod(to.c_str(), 0644);
    const auto loaded = loader.load(name);
    const std::string why = loaded.ok() ? "" : loaded.error().message;
    BOOST_REQUIRE_MESSAGE(loaded.ok(), why);
  }
  void label_namespace(const std::string& label, const std::string& value) {
    BOOST_REQUIRE(patch("/api/v1/namespaces/default", "merge",
                        R"({"metadata":{"labels":{")" + label + R"(":")" + value + R"("}}})")
                      .status == 200);
  }
};

}  // namespace pintle::test
