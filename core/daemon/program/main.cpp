// The program `pintle`.

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "core/daemon/flags.hpp"
#include "core/daemon/run.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  std::error_code ignored;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const auto parsed = pintle::daemon::parse_command_line(arguments, self.parent_path().string(),
                                                         std::cout, std::cerr);
  if (parsed.exit_code >= 0) {
    return parsed.exit_code;
  }
  return pintle::daemon::run(parsed.line);
}
