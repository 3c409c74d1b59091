// A library that is there when a test plugin is built, and not when it is loaded.

extern "C" __attribute__((visibility("default"))) int something_elsewhere();
extern "C" int something_elsewhere() {
  return 1;
}
