// Flags: the command line and the configuration file, turned into options. CLI11's home.

#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "core/daemon/options.hpp"

namespace pintle::daemon {

/// Which command was asked for, and what it was told.
struct CommandLine {
  std::string command;     // "up", "apiserver", "plugin", ...
  std::string subcommand;  // "load" of `plugin load`; "" for commands without.
  std::string name;        // NAME of plugin and user.
  Options options;

  // For the commands that are clients.
  std::string kubeconfig;
  std::string user;  // kubeconfig --user, user NAME.
  std::vector<std::string> groups;
  std::string server;
  std::string uid;
  int days = 365;
  std::string node;    // kubeconfig --node.
  std::string file;    // plugin replace NAME FILE; user --basic-auth-file.
  std::string output;  // -o of version, ps.
  bool plain = false;  // user add --plain.
};

/// Parses `arguments` (without the program's name). On --help or a mistake it has said so on `out`
/// or `err` and gives the exit code instead.
struct Parsed {
  CommandLine line;
  int exit_code = -1;  // -1: go on with `line`.
};
Parsed parse_command_line(const std::vector<std::string>& arguments, const std::string& program_dir,
                          std::ostream& out, std::ostream& err);

}  // namespace pintle::daemon
