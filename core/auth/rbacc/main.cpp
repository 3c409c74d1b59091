// rbacc: compiles etc/rbac/*.yaml into a source file of JSON texts, each role marked as a default
// one and the aggregated ones filled. Run by the build: pintle_rbacc OUT.cpp FILE.yaml...

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "core/object/json.hpp"
#include "core/object/yaml.hpp"

namespace pintle::auth {
namespace {

/// Source: kubernetes bootstrappolicy addDefaultMetadata.
void mark_as_default(Json& object) {
  auto& metadata = ensure_object(object.as_object(), "metadata");
  ensure_object(metadata, "labels")["kubernetes.io/bootstrapping"] = "rbac-defaults";
  ensure_object(metadata, "annotations")["rbac.authorization.kubernetes.io/autoupdate"] = "true";
}

bool has_labels(const Json& object, const JsonObject& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& label) {
    return text_at(object, {"metadata", "labels", label.key()}) == label.value().as_string();
  });
}

/// The rules of the ClusterRoles that `role` gathers by label, each rule once.
JsonArray aggregated_rules(const std::vector<Json>& objects, const Json& role) {
  JsonArray rules;
  for (const auto& selector : array_at(role, {"aggregationRule", "clusterRoleSelectors"})) {
    for (const auto& other : objects) {
      if (text_at(other, {"kind"}) != "ClusterRole" ||
          !has_labels(other, object_at(selector, {"matchLabels"}))) {
        continue;
      }
      for (const auto& rule : array_at(other, {"rules"})) {
        if (std::ranges::find(rules, rule) == rules.end()) {
          rules.push_back(rule);
        }
      }
    }
  }
  return rules;
}

/// A role may gather a role that gathers (admin, edit, view): again until nothing grows.
void aggregate(std::vector<Json>& objects) {
  bool grew = true;
  while (grew) {
    grew = false;
    for (auto& object : objects) {
      if (find_member(object, "aggregationRule") == nullptr) {
        continue;
      }
      auto rules = aggregated_rules(objects, object);
      if (rules.size() != array_at(object, {"rules"}).size()) {
        object.as_object()["rules"] = std::move(rules);
        grew = true;
      }
    }
  }
}

Result<std::vector<Json>> read_objects(const std::vector<std::string>& files) {
  std::vector<Json> objects;
  for (const auto& file : files) {
    std::ifstream in(file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    auto parsed = parse_yaml(text);
    if (!parsed.ok() || text.empty()) {
      return Error(Code::kInvalid,
                   file + ": " + (parsed.ok() ? "is empty" : parsed.error().message));
    }
    for (auto& document : parsed.value()) {
      mark_as_default(document.value);
      objects.push_back(std::move(document.value));
    }
  }
  aggregate(objects);
  return objects;
}

void write_source(std::ostream& out, const std::vector<Json>& objects) {
  out << "// Made by rbacc from etc/rbac/*.yaml.\n\n"
         "#include \"core/auth/rbac_objects.hpp\"\n\n"
         "#include <array>\n\n"
         "namespace pintle::auth {\nnamespace {\n\n"
         "constexpr auto kTexts = std::to_array<std::string_view>({\n";
  for (const auto& object : objects) {
    out << "    R\"json(" << to_json(object) << ")json\",\n";
  }
  out << "});\n\n}  // namespace\n\n"
         "std::span<const std::string_view> rbac_object_texts() {\n  return kTexts;\n}\n\n"
         "}  // namespace pintle::auth\n";
}

int compile(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) {
    std::cerr << "usage: pintle_rbacc OUT.cpp FILE.yaml...\n";
    return 2;
  }
  const auto objects = read_objects({arguments.begin() + 1, arguments.end()});
  if (!objects.ok()) {
    std::cerr << "pintle_rbacc: " << objects.error().message << '\n';
    return 1;
  }
  std::ofstream out(arguments.front());
  write_source(out, objects.value());
  return out.flush() ? 0 : 1;
}

}  // namespace
}  // namespace pintle::auth

int main(int argc, char** argv) {
  return pintle::auth::compile({argv + 1, argv + argc});
}
