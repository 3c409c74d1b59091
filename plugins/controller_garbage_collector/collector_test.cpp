// What the garbage collector deletes, lets go and leaves alone.

#include "plugins/controller_garbage_collector/collector.hpp"

#include <boost/test/unit_test.hpp>

#include "core/base/concat.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::controller_garbage_collector {
namespace {

constexpr std::string_view kPods = "/api/v1/namespaces/d/pods/";
constexpr std::string_view kSets = "/apis/apps/v1/namespaces/d/replicasets/";
constexpr std::string_view kConfigs = "/api/v1/namespaces/d/configmaps/";

Json parsed(std::string_view text) {
  return parse_json(text).value().value;
}

struct Owned {
  std::string kind;
  std::string name;
  bool blocks = false;
  std::string uid = "";  // Empty: the name's.
};

struct Cluster {
  test::ManualClock clock;
  test::FakeHost host;
  std::unique_ptr<Collector> collector;

  Cluster() {
    host.answer("/api/v1", parsed(R"({"resources":[
      {"name":"pods","kind":"Pod","namespaced":true,"verbs":["get","delete","list","watch"]},
      {"name":"pods/status","kind":"Pod","namespaced":true,"verbs":["get"]},
      {"name":"configmaps","kind":"ConfigMap","namespaced":true,
       "verbs":["get","delete","list","watch"]},
      {"name":"events","kind":"Event","namespaced":true,"verbs":["get","delete","list","watch"]},
      {"name":"nodes","kind":"Node","namespaced":false,
       "verbs":["get","delete","list","watch"]}]})"));
    with_groups(R"({"name":"apps","versions":[{"groupVersion":"apps/v1"}],
                    "preferredVersion":{"version":"v1"}})");
    host.answer("/apis/apps/v1", parsed(R"({"resources":[{"name":"replicasets",
      "kind":"ReplicaSet","namespaced":true,"verbs":["get","delete","list","watch"]}]})"));
    collector = std::make_unique<Collector>(host.host(), clock);
  }

  void with_groups(const std::string& groups) {
    host.answer("/apis", parsed(concat({R"({"groups":[)", groups, "]}"})));
  }

  static std::string path(std::string_view folder, std::string_view name) {
    return concat({folder, name});
  }
  static Json metadata(const std::string& name, const std::vector<Owned>& owners,
                       const std::string& finalizer = "") {
    JsonArray references;
    for (const auto& owner : owners) {
      references.push_back(JsonObject{{"apiVersion", owner.kind == "ReplicaSet" ? "apps/v1" : "v1"},
                                      {"kind", owner.kind},
                                      {"name", owner.name},
                                      {"uid", owner.uid.empty() ? owner.name : owner.uid},
                                      {"controller", true},
                                      {"blockOwnerDeletion", owner.blocks}});
    }
    JsonObject metadata{{"uid", name}, {"ownerReferences", std::move(references)}};
    if (!finalizer.empty()) {
      metadata["finalizers"] = JsonArray{finalizer};
      metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    }
    return metadata;
  }
  void put(std::string_view folder, const std::string& name, const std::vector<Owned>& owners = {},
           const std::string& finalizer = "") {
    host.put(path(folder, name), JsonObject{{"metadata", metadata(name, owners, finalizer)}});
  }
  bool has(std::string_view folder, std::string_view name) const {
    return host.get(path(folder, name)).is_object();
  }
  std::size_t owners_of(std::string_view folder, std::string_view name) const {
    const Json object = host.get(path(folder, name));
    return array_at(object, {"metadata", "ownerReferences"}).size();
  }
  std::size_t finalizers_of(std::string_view folder, std::string_view name) const {
    const Json object = host.get(path(folder, name));
    return array_at(object, {"metadata", "finalizers"}).size();
  }
  /// The body of the last DELETE of one object.
  Json last_delete(std::string_view folder, std::string_view name) const {
    Json body;
    for (const auto& request : host.requests()) {
      if (request.method == "DELETE" && request.path == path(folder, name)) {
        body = parsed(request.body);
      }
    }
    return body;
  }
  std::vector<Json> events() const {
    std::vector<Json> all;
    for (const auto& request : host.requests()) {
      if (request.method == "POST" && request.path.ends_with("/events")) {
        all.push_back(parsed(request.body));
      }
    }
    return all;
  }
};

BOOST_FIXTURE_TEST_SUITE(an_object_with_an_owner, Cluster)

BOOST_AUTO_TEST_CASE(stays_while_the_owner_does) {
  put(kSets, "set");
  put(kPods, "pod", {{"ReplicaSet", "set"}});

  collector->settle();

  BOOST_TEST(has(kPods, "pod"));
  BOOST_TEST(host.requests("DELETE").empty());
}

BOOST_AUTO_TEST_CASE(goes_after_the_owner_with_its_own_dependents) {
  put(kSets, "set");
  put(kPods, "pod", {{"ReplicaSet", "set"}});
  put(kConfigs, "config", {{"Pod", "pod"}});
  collector->settle();

  host.remove(path(kSets, "set"));
  collector->settle();

  BOOST_TEST(!has(kPods, "pod"));
  BOOST_TEST(!has(kConfigs, "config"));
  BOOST_TEST(collector->size() == 0U);
}

BOOST_AUTO_TEST_CASE(that_was_gone_before_anybody_watched_goes_too) {
  put(kPods, "pod", {{"ReplicaSet", "never-was"}});

  collector->settle();

  BOOST_TEST(!has(kPods, "pod"));
}

BOOST_AUTO_TEST_CASE(goes_if_the_owner_was_made_again_with_another_uid) {
  put(kSets, "set");
  put(kPods, "pod", {{"ReplicaSet", "set", false, "the-first"}});

  collector->settle();

  BOOST_TEST(!has(kPods, "pod"));
}

BOOST_AUTO_TEST_CASE(is_deleted_as_the_very_one_that_was_looked_at) {
  put(kPods, "pod", {{"ReplicaSet", "never-was"}});
  const std::string version(text_at(host.get(path(kPods, "pod")), {"metadata", "resourceVersion"}));

  collector->settle();

  const Json options = last_delete(kPods, "pod");
  BOOST_TEST(text_at(options, {"preconditions", "uid"}) == "pod");
  BOOST_TEST(text_at(options, {"preconditions", "resourceVersion"}) == version);
  BOOST_TEST(text_at(options, {"propagationPolicy"}) == "Background");
}

BOOST_AUTO_TEST_CASE(keeps_the_owners_that_are_there_and_loses_the_others) {
  put(kSets, "set");
  put(kPods, "pod", {{"ReplicaSet", "set"}, {"ReplicaSet", "never-was"}});

  collector->settle();

  BOOST_TEST(has(kPods, "pod"));
  const Json pod = host.get(path(kPods, "pod"));
  BOOST_TEST_REQUIRE(owners_of(kPods, "pod") == 1U);
  const auto& kept = array_at(pod, {"metadata", "ownerReferences"}).at(0);
  BOOST_TEST(text_at(kept, {"name"}) == "set");
  BOOST_TEST(find_member(kept, "controller")->as_bool());
}

BOOST_AUTO_TEST_CASE(stays_while_nobody_knows_the_owners_kind) {
  put(kPods, "pod", {{"Widget", "w"}});

  collector->settle();
  BOOST_TEST(has(kPods, "pod"));

  host.answer("/api/v1", parsed(R"({"resources":[
      {"name":"pods","kind":"Pod","namespaced":true,"verbs":["get","delete","list","watch"]},
      {"name":"widgets","kind":"Widget","namespaced":true,
       "verbs":["get","delete","list","watch"]}]})"));
  clock.advance(std::chrono::minutes(1));
  collector->settle();

  BOOST_TEST(!has(kPods, "pod"));
}

BOOST_AUTO_TEST_CASE(stays_while_the_server_can_not_say) {
  put(kPods, "pod", {{"ReplicaSet", "set"}});
  host.refuse("GET", path(kSets, "set"), 503, "down");

  collector->settle();
  BOOST_TEST(has(kPods, "pod"));

  clock.advance(std::chrono::minutes(1));
  collector->settle();
  BOOST_TEST(!has(kPods, "pod"));
}

BOOST_AUTO_TEST_CASE(whose_delete_fails_is_tried_again) {
  put(kPods, "pod", {{"ReplicaSet", "never-was"}});
  host.refuse("DELETE", path(kPods, "pod"), 500, "no");

  collector->settle();
  BOOST_TEST(has(kPods, "pod"));

  clock.advance(std::chrono::seconds(1));
  collector->settle();
  BOOST_TEST(!has(kPods, "pod"));
}

BOOST_AUTO_TEST_CASE(whose_owner_went_while_the_log_was_lost_goes_too) {
  put(kSets, "set");
  put(kPods, "pod", {{"ReplicaSet", "set"}});
  collector->settle();
  // Nobody tells of it: all that is heard is a new listing.
  host.remove_unseen(path(kSets, "set"));
  host.lose_log();

  collector->settle();

  BOOST_TEST(!has(kPods, "pod"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_owner_elsewhere, Cluster)

BOOST_AUTO_TEST_CASE(counts_as_absent_and_people_are_told) {
  host.put("/apis/apps/v1/namespaces/other/replicasets/set",
           JsonObject{{"metadata", {{"uid", "set"}}}});
  put(kPods, "pod", {{"ReplicaSet", "set"}});

  collector->settle();

  BOOST_TEST(!has(kPods, "pod"));
  BOOST_TEST(has("/apis/apps/v1/namespaces/other/replicasets/", "set"));
  BOOST_TEST_REQUIRE(events().size() == 1U);
  const Json event = events().front();
  BOOST_TEST(text_at(event, {"reason"}) == "OwnerRefInvalidNamespace");
  BOOST_TEST(text_at(event, {"type"}) == "Warning");
  BOOST_TEST(text_at(event, {"message"}) ==
             "ownerRef [apps/v1/ReplicaSet, namespace: d, name: set, uid: set] does not exist in "
             "namespace \"d\"");
}

BOOST_AUTO_TEST_CASE(in_no_namespace_may_own_in_any) {
  host.put("/api/v1/nodes/n1", JsonObject{{"metadata", {{"uid", "n1"}}}});
  put(kPods, "pod", {{"Node", "n1"}});
  collector->settle();
  BOOST_TEST(has(kPods, "pod"));

  host.remove("/api/v1/nodes/n1");
  collector->settle();

  BOOST_TEST(!has(kPods, "pod"));
}

BOOST_AUTO_TEST_CASE(in_a_namespace_can_not_own_what_has_none) {
  put("/api/v1/nodes/", "n1", {{"Pod", "never-was"}});

  collector->settle();

  BOOST_TEST(has("/api/v1/nodes/", "n1"));
  BOOST_TEST_REQUIRE(events().size() == 1U);
  BOOST_TEST(text_at(events().front(), {"metadata", "namespace"}) == "default");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_owner_deleted_in_the_foreground, Cluster)

BOOST_AUTO_TEST_CASE(waits_for_the_dependents_that_block_it) {
  put(kSets, "set", {}, "foregroundDeletion");
  put(kPods, "pod", {{"ReplicaSet", "set", true}});
  host.refuse("DELETE", path(kPods, "pod"), 500, "not yet", 1000);

  collector->settle();
  BOOST_TEST(finalizers_of(kSets, "set") == 1U);

  host.refuse("DELETE", path(kPods, "pod"), 0, "", 0);
  clock.advance(std::chrono::seconds(1));
  collector->settle();
  BOOST_TEST(!has(kPods, "pod"));
  BOOST_TEST(finalizers_of(kSets, "set") == 0U);
}

BOOST_AUTO_TEST_CASE(does_not_wait_for_those_that_do_not) {
  put(kSets, "set", {}, "foregroundDeletion");
  put(kPods, "pod", {{"ReplicaSet", "set", false}}, "somebody.io/holds");

  collector->settle();

  BOOST_TEST(has(kPods, "pod"));
  BOOST_TEST(finalizers_of(kSets, "set") == 0U);
}

BOOST_AUTO_TEST_CASE(goes_once_the_last_one_blocks_no_more) {
  put(kSets, "set", {}, "foregroundDeletion");
  put(kPods, "pod", {{"ReplicaSet", "set", true}}, "somebody.io/holds");
  collector->settle();
  BOOST_TEST(finalizers_of(kSets, "set") == 1U);

  put(kPods, "pod", {{"ReplicaSet", "set", false}}, "somebody.io/holds");
  collector->settle();

  BOOST_TEST(finalizers_of(kSets, "set") == 0U);
}

BOOST_AUTO_TEST_CASE(hands_the_waiting_on_to_dependents_of_dependents) {
  put(kSets, "set", {}, "foregroundDeletion");
  put(kPods, "pod", {{"ReplicaSet", "set", true}});
  put(kConfigs, "config", {{"Pod", "pod", true}});
  host.refuse("DELETE", path(kConfigs, "config"), 500, "not yet", 1000);

  collector->settle();

  BOOST_TEST(text_at(last_delete(kPods, "pod"), {"propagationPolicy"}) == "Foreground");
}

BOOST_AUTO_TEST_CASE(whose_dependent_has_another_owner_lets_it_go_on_alone) {
  put(kSets, "other");
  put(kSets, "set", {}, "foregroundDeletion");
  put(kPods, "pod", {{"ReplicaSet", "set", true}, {"ReplicaSet", "other", true}});

  collector->settle();

  BOOST_TEST(has(kPods, "pod"));
  BOOST_TEST(owners_of(kPods, "pod") == 1U);
  BOOST_TEST(finalizers_of(kSets, "set") == 0U);
}

BOOST_AUTO_TEST_CASE(in_a_circle_is_blocked_by_nobody) {
  put(kPods, "a", {{"Pod", "b", true}}, "foregroundDeletion");
  put(kPods, "b", {{"Pod", "a", true}});

  collector->settle();

  BOOST_TEST(!has(kPods, "b"));
  BOOST_TEST(finalizers_of(kPods, "a") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_owner_that_orphans, Cluster)

BOOST_AUTO_TEST_CASE(lets_go_of_its_dependents_and_then_goes) {
  put(kSets, "set", {}, "orphan");
  put(kPods, "pod", {{"ReplicaSet", "set", true}});

  collector->settle();

  BOOST_TEST(has(kPods, "pod"));
  BOOST_TEST(owners_of(kPods, "pod") == 0U);
  BOOST_TEST(finalizers_of(kSets, "set") == 0U);
}

BOOST_AUTO_TEST_CASE(stays_until_the_last_is_free) {
  put(kSets, "set", {}, "orphan");
  put(kPods, "pod", {{"ReplicaSet", "set"}});
  host.refuse("PATCH", path(kPods, "pod"), 409, "somebody was first", 1000);

  collector->settle();
  BOOST_TEST(finalizers_of(kSets, "set") == 1U);

  host.refuse("PATCH", path(kPods, "pod"), 0, "", 0);
  clock.advance(std::chrono::seconds(1));
  collector->settle();
  BOOST_TEST(owners_of(kPods, "pod") == 0U);
  BOOST_TEST(finalizers_of(kSets, "set") == 0U);
}

BOOST_AUTO_TEST_CASE(does_so_for_dependents_that_go_themselves) {
  put(kSets, "set", {}, "orphan");
  put(kPods, "pod", {{"ReplicaSet", "set"}}, "somebody.io/holds");

  collector->settle();

  BOOST_TEST(owners_of(kPods, "pod") == 0U);
  BOOST_TEST(finalizers_of(kSets, "set") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_graph, Cluster)

BOOST_AUTO_TEST_CASE(holds_only_what_owns_or_is_owned) {
  for (int i = 0; i < 100; ++i) {
    put(kConfigs, "config-" + std::to_string(i));
  }
  put(kSets, "set");
  put(kPods, "pod", {{"ReplicaSet", "set"}});

  collector->settle();

  BOOST_TEST(collector->size() == 1U);
}

BOOST_AUTO_TEST_CASE(takes_in_kinds_that_come_later_and_forgets_those_that_go) {
  collector->settle();
  with_groups(R"({"name":"x.io","versions":[{"groupVersion":"x.io/v1"}],
                  "preferredVersion":{"version":"v1"}})");
  host.answer("/apis/x.io/v1", parsed(R"({"resources":[{"name":"things","kind":"Thing",
      "namespaced":true,"verbs":["get","delete","list","watch"]}]})"));
  put("/apis/x.io/v1/namespaces/d/things/", "thing", {{"Pod", "never-was"}});

  clock.advance(std::chrono::seconds(31));
  collector->settle();
  BOOST_TEST(!has("/apis/x.io/v1/namespaces/d/things/", "thing"));

  put(kPods, "pod");
  put("/apis/x.io/v1/namespaces/d/things/", "owned", {{"Pod", "pod"}});
  collector->settle();
  BOOST_TEST(collector->size() == 1U);
  with_groups("");
  clock.advance(std::chrono::seconds(31));
  collector->settle();
  BOOST_TEST(collector->size() == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_the_kinds_of_a_group_that_does_not_answer) {
  put(kSets, "set");
  put(kPods, "pod", {{"ReplicaSet", "set"}});
  collector->settle();
  host.refuse("GET", "/apis/apps/v1", 503, "down");

  clock.advance(std::chrono::seconds(31));
  host.remove(path(kSets, "set"));
  collector->settle();

  BOOST_TEST(!has(kPods, "pod"));
}

BOOST_AUTO_TEST_CASE(looks_at_each_of_many_dependents_once) {
  put(kSets, "set");
  for (int i = 0; i < 1000; ++i) {
    put(kPods, "pod-" + std::to_string(i), {{"ReplicaSet", "set"}});
  }
  collector->settle();

  host.remove(path(kSets, "set"));
  collector->settle();

  BOOST_TEST(host.requests("DELETE").size() == 1000U);
  BOOST_TEST(collector->size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_garbage_collector
