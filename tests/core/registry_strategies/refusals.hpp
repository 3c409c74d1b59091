// Refusals: what the server says of an object with one thing wrong.

#pragma once

#include <string>
#include <string_view>

#include "core/object/patch.hpp"
#include "tests/core/registry/cluster.hpp"

namespace pintle::test {

/// A cluster, and one good object of a kind to spoil.
class Refusals : public Cluster {
 public:
  Refusals(std::string collection, const std::string& good)
      : collection_(std::move(collection)), good_(parse_json(good).value().value) {}

  /// The answer to a create of the good object with `change` merged into it; nothing is kept.
  Heard try_create(const std::string& change = "{}") {
    Json object = good_;
    apply_merge_patch(object, parse_json(change).value().value);
    return post(collection_ + "?dryRun=All", to_json(object));
  }

  /// What is wrong with it, after "is invalid: "; "" where it is accepted, else the whole message.
  std::string create_with(const std::string& change) { return why(try_create(change)); }

  /// The same of an update that merges `change` into the good object, made before.
  std::string update_with(const std::string& change, const std::string& subresource = "") {
    post(collection_, to_json(good_));
    const auto name = std::string(text_at(good_, {"metadata", "name"}));
    return why(patch(collection_ + "/" + name + subresource, "merge", change));
  }

  std::string status_with(const std::string& change) { return update_with(change, "/status"); }

  /// The good object as it is shown once it is made.
  Json made() { return post(collection_, to_json(good_)).json(); }

 private:
  static std::string why(const Heard& heard) {
    if (heard.status < 300) {
      return "";
    }
    constexpr std::string_view kInvalid = "is invalid: ";
    const std::string message = heard.message();
    const auto at = message.find(kInvalid);
    return at == std::string::npos ? message : message.substr(at + kInvalid.size());
  }

  const std::string collection_;
  const Json good_;
};

}  // namespace pintle::test
