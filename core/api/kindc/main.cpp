// kindc: compiles *.kinds into one C++ source of read-only tables. Run by the build.
//
// kindc OUTPUT.cpp FILE.kinds...

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "core/api/kindc/model.hpp"

namespace pintle::kindc {

void refuse(const std::string& place, const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", place.c_str(), why.c_str());
  std::exit(1);
}

}  // namespace pintle::kindc

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: kindc OUTPUT.cpp FILE.kinds...\n");
    return 2;
  }
  pintle::kindc::Model model;
  for (int i = 2; i < argc; ++i) {
    pintle::kindc::read_kinds(argv[i], model);
  }
  pintle::kindc::resolve(model);
  std::ofstream out(argv[1]);
  out << pintle::kindc::to_source(model);
  out.close();
  if (!out) {
    pintle::kindc::refuse(argv[1], "could not be written");
  }
  return 0;
}
