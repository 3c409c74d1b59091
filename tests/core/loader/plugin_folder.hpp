// A plugin directory of a test's own, and a loader over it.

#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/loader/loader.hpp"
#include "tests/support/temp_directory.hpp"

namespace pintle::loader {

namespace fs = std::filesystem;

struct PluginFolder {
  test::TempDirectory directory;
  std::map<std::string, std::string> config;

  fs::path path(const std::string& name) const { return directory.path() / (name + ".so"); }

  /// Puts the test plugin `which` there as `name`.so, by renaming: a new file each time.
  void install(const std::string& which, const std::string& name = "good") {
    const fs::path made = directory.path() / "new";
    fs::copy_file(fs::path(PINTLE_TEST_PLUGINS) / (which + ".so"), made,
                  fs::copy_options::overwrite_existing);
    ::chmod(made.c_str(), 0644);
    fs::rename(made, path(name));
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name)) << bytes;
    ::chmod(path(name).c_str(), 0644);
  }
  LoaderOptions options() {
    return {
        .plugin_dir = directory.path(), .settings = {{"node-name", "n1"}}, .plugin_config = config};
  }
  Loader make(Log& log = null_log()) {
    return Loader(
        options(), [](const std::string&) { return nullptr; }, {}, log);
  }
};

/// Owning files as root is what the loader asks for; nobody else can make such files.
struct AsRoot {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
    boost::test_tools::assertion_result is_root(::geteuid() == 0);
    is_root.message() << "needs root";
    return is_root;
  }
};

}  // namespace pintle::loader
