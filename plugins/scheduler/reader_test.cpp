// What is read out of a pod and a node: sums, placement, ports.

#include "plugins/scheduler/reader.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle::scheduler {
namespace {

const Json* json_of(const pintle_value* value) {
  return reinterpret_cast<const Json*>(value);
}
const pintle_value* value_of(const Json* json) {
  return reinterpret_cast<const pintle_value*>(json);
}
pintle_text text_of(std::string_view text) {
  return {text.data(), text.size()};
}

std::uint32_t kind(const pintle_value* value) {
  const Json& json = *json_of(value);
  return json.is_object()   ? PINTLE_OBJECT
         : json.is_array()  ? PINTLE_ARRAY
         : json.is_string() ? PINTLE_STRING
         : json.is_int64()  ? PINTLE_INTEGER
         : json.is_bool()   ? PINTLE_BOOL
         : json.is_null()   ? PINTLE_NULL
                            : PINTLE_NUMBER;
}

std::uint64_t count(const pintle_value* value) {
  const Json& json = *json_of(value);
  return json.is_object()  ? json.get_object().size()
         : json.is_array() ? json.get_array().size()
                           : 0;
}

const pintle_value* element(const pintle_value* value, std::uint64_t index) {
  const Json& json = *json_of(value);
  return json.is_array() ? value_of(&json.get_array()[index])
                         : value_of(&(json.get_object().begin() + index)->value());
}

/// The border's object table over plain JSON.
pintle_object_table make_table() {
  pintle_object_table table{};
  table.size = sizeof table;
  table.retain = [](const pintle_object*) {};
  table.release = [](const pintle_object*) {};
  table.root = [](const pintle_object* object) {
    return reinterpret_cast<const pintle_value*>(object);
  };
  table.kind = kind;
  table.member = [](const pintle_value* value, pintle_text key) {
    return value_of(find_member(*json_of(value), {key.data, key.size}));
  };
  table.count = count;
  table.at = element;
  table.key_at = [](const pintle_value* value, std::uint64_t index) {
    const auto key = (json_of(value)->get_object().begin() + index)->key();
    return text_of({key.data(), key.size()});
  };
  table.text = [](const pintle_value* value) { return text_of(text_at(*json_of(value), {})); };
  table.integer = [](const pintle_value* value) {
    return integer_at(*json_of(value), {}).value_or(0);
  };
  table.boolean = [](const pintle_value* value) {
    return json_of(value)->is_bool() && json_of(value)->get_bool() ? 1U : 0U;
  };
  return table;
}

struct Reading {
  const pintle_object_table table = make_table();
  Json json;

  sdk::ObjectHandle object(std::string_view text) {
    json = parse_json(text).value().value;
    return sdk::ObjectHandle::adopt(&table, reinterpret_cast<const pintle_object*>(&json));
  }
  std::shared_ptr<Pod> pod(std::string_view text) { return read_pod(object(text)); }
  std::shared_ptr<Node> node(std::string_view text) { return read_node(object(text)); }
};

BOOST_FIXTURE_TEST_SUITE(a_pod_read, Reading)

BOOST_AUTO_TEST_CASE(asks_for_the_sum_of_its_containers_and_its_overhead) {
  const auto read = pod(R"({"spec":{"overhead":{"cpu":"50m"},"containers":[
      {"resources":{"requests":{"cpu":"100m","memory":"1Gi","example.com/gpu":"2"}}},
      {"resources":{"requests":{"cpu":"1","ephemeral-storage":"1k"}}}]}})");

  BOOST_TEST(read->requests.cpu_millis == 1150);
  BOOST_TEST(read->requests.memory_bytes == std::int64_t{1} << 30);
  BOOST_TEST(read->requests.storage_bytes == 1000);
  BOOST_TEST(read->requests.other("example.com/gpu") == 2);
}

BOOST_AUTO_TEST_CASE(asks_for_what_its_greediest_init_container_wants) {
  const auto read = pod(R"({"spec":{
      "initContainers":[{"resources":{"requests":{"cpu":"2"}}},
                        {"resources":{"requests":{"cpu":"300m"}}}],
      "containers":[{"resources":{"requests":{"cpu":"500m","memory":"1"}}}]}})");

  BOOST_TEST(read->requests.cpu_millis == 2000);
  BOOST_TEST(read->requests.memory_bytes == 1);
}

BOOST_AUTO_TEST_CASE(counts_sidecars_beside_everything_that_starts_after_them) {
  const auto read = pod(R"({"spec":{
      "initContainers":[{"restartPolicy":"Always","resources":{"requests":{"cpu":"200m"}}},
                        {"resources":{"requests":{"cpu":"1"}}}],
      "containers":[{"resources":{"requests":{"cpu":"500m"}}}]}})");

  BOOST_TEST(read->requests.cpu_millis == 1200);
}

BOOST_AUTO_TEST_CASE(that_asks_for_nothing_counts_a_little_in_scores) {
  const auto read = pod(R"({"spec":{"containers":[{},{}]}})");

  BOOST_TEST(read->requests.cpu_millis == 0);
  BOOST_TEST(read->scored_cpu_millis == 200);
  BOOST_TEST(read->scored_memory_bytes == 400LL * 1024 * 1024);
}

BOOST_AUTO_TEST_CASE(tells_who_places_it_and_where_it_is) {
  const auto read = pod(R"({"metadata":{"name":"a","namespace":"b","uid":"c",
      "deletionTimestamp":"2026-11-23T19:00:00Z"},"spec":{"schedulerName":"mine","nodeName":"n1",
      "priority":5,"preemptionPolicy":"Never","schedulingGates":[{"name":"x"}]},
      "status":{"phase":"Failed"}})");

  BOOST_TEST(read->scheduler_name == "mine");
  BOOST_TEST(read->node_name == "n1");
  BOOST_TEST(read->priority == 5);
  BOOST_TEST((read->terminating && read->gated && read->finished && !read->may_preempt));
}

BOOST_AUTO_TEST_CASE(keeps_the_ports_it_wants_of_its_node) {
  const auto read = pod(R"({"spec":{"containers":[
      {"ports":[{"containerPort":80},{"containerPort":80,"hostPort":8080},
                {"hostPort":53,"protocol":"UDP","hostIP":"10.0.0.1"}]}]}})");

  BOOST_TEST(read->ports.size() == 2U);
  BOOST_TEST((read->ports.at(0) == HostPort{"0.0.0.0", "TCP", 8080}));
  BOOST_TEST((read->ports.at(1) == HostPort{"10.0.0.1", "UDP", 53}));
}

BOOST_AUTO_TEST_CASE(keeps_what_it_wants_of_a_node) {
  const auto read = pod(R"({"spec":{"nodeSelector":{"b":"1","a":"2"},
      "tolerations":[{"key":"k","operator":"Exists","effect":"NoSchedule"}],
      "affinity":{"nodeAffinity":{
        "requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
          {"matchExpressions":[{"key":"zone","operator":"In","values":["z2","z1"]}]}]},
        "preferredDuringSchedulingIgnoredDuringExecution":[
          {"weight":7,"preference":{"matchFields":[
            {"key":"metadata.name","operator":"In","values":["n1"]}]}}]}},
      "containers":[{"image":"nginx"},{"image":"r:5000/a"},{"image":"a/b:1"}]}})");

  BOOST_TEST(read->placement.node_selector.front().first == "a");
  BOOST_TEST(read->placement.tolerations.at(0).exists);
  BOOST_TEST(read->placement.required->at(0).labels.at(0).matches({{"zone", "z1"}}));
  BOOST_TEST(read->placement.preferred.at(0).weight == 7);
  BOOST_TEST(read->placement.images.at(0) == "nginx:latest");
  BOOST_TEST(read->placement.images.at(1) == "r:5000/a:latest");
  BOOST_TEST(read->placement.images.at(2) == "a/b:1");
}

BOOST_AUTO_TEST_CASE(of_one_template_has_one_placement_key) {
  const auto a = pod(R"({"metadata":{"name":"a"},"spec":{"nodeSelector":{"x":"y"}}})");
  const auto b = pod(R"({"metadata":{"name":"b"},"spec":{"nodeSelector":{"x":"y"}}})");
  const auto c = pod(R"({"metadata":{"name":"c"},"spec":{"nodeSelector":{"x":"z"}}})");

  BOOST_TEST(a->placement_key == b->placement_key);
  BOOST_TEST(a->placement_key != c->placement_key);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_node_read, Reading)

BOOST_AUTO_TEST_CASE(offers_what_it_says) {
  const auto read = node(R"({"metadata":{"name":"n1","labels":{"b":"1","a":"2"}},
      "spec":{"unschedulable":true,"taints":[{"key":"k","effect":"NoSchedule"}]},
      "status":{"allocatable":{"cpu":"3500m","memory":"4Ki","pods":"110","example.com/gpu":4},
        "images":[{"names":["x:1","x@sha256:0"],"sizeBytes":1000}]}})");

  BOOST_TEST(read->name == "n1");
  BOOST_TEST(read->labels.front().first == "a");
  BOOST_TEST(read->unschedulable);
  BOOST_TEST((read->taints.at(0) == Taint{"k", "", "NoSchedule"}));
  BOOST_TEST(read->allocatable.cpu_millis == 3500);
  BOOST_TEST(read->allocatable.memory_bytes == 4096);
  BOOST_TEST(read->allocatable.other("example.com/gpu") == 4);
  BOOST_TEST(read->allocatable_pods == 110);
  BOOST_TEST(read->image_bytes.at("x:1") == 1000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::scheduler
