// The catalog: every kind of v1.33 is there and its tables hang together.

#include <set>

#include <boost/test/unit_test.hpp>

#include "core/api/cells.hpp"
#include "tests/core/api/api_fixture.hpp"

namespace pintle::api {
namespace {

BOOST_FIXTURE_TEST_SUITE(the_catalog, WithCatalog)

BOOST_AUTO_TEST_CASE(finds_a_resource_by_path_kind_and_storage) {
  const Resource* pods = catalog.find("", "v1", "pods");

  BOOST_REQUIRE(pods != nullptr);
  BOOST_TEST(pods->kind == "Pod");
  BOOST_TEST(pods->type->name == "core/v1.Pod");
  BOOST_TEST(catalog.find_kind("", "v1", "Pod") == pods);
  BOOST_TEST(catalog.find_storage("pods") == pods);
  BOOST_TEST(catalog.find("", "v1", "po") == nullptr);
  BOOST_TEST(catalog.find("apps", "v2", "deployments") == nullptr);
}

BOOST_AUTO_TEST_CASE(serves_every_kind_that_has_paths_of_its_own) {
  BOOST_TEST(catalog.resources().size() == 65U);
  for (const Resource* resource : catalog.resources()) {
    BOOST_TEST(resource->type != nullptr);
    BOOST_TEST(!resource->verbs.empty());
    const bool is_shown = resource->has_verb("get") && resource->storage_version;
    BOOST_TEST(resource->columns.empty() == !is_shown, resource->plural);
  }
}

BOOST_AUTO_TEST_CASE(lists_core_first_and_then_by_priority) {
  const auto all = catalog.resources();

  BOOST_TEST(all.front()->group == "");
  BOOST_TEST(all.back()->group == "resource.k8s.io");
  BOOST_TEST(std::is_sorted(all.begin(), all.end(), [](const Resource* a, const Resource* b) {
    return a->group_priority > b->group_priority;
  }));
}

BOOST_AUTO_TEST_CASE(gives_each_storage_one_storage_version) {
  std::multiset<std::string_view> storages;
  for (const Resource* resource : catalog.resources()) {
    if (resource->storage_version) {
      storages.insert(resource->storage);
    } else {
      BOOST_TEST(catalog.find_storage(resource->storage) != nullptr, resource->storage);
    }
  }
  for (const auto storage : storages) {
    BOOST_TEST(storages.count(storage) == 1U, storage);
  }
}

BOOST_AUTO_TEST_CASE(finds_every_field_of_every_type_by_name) {
  for (const Type* type : catalog.types()) {
    BOOST_TEST(catalog.find_type(type->name) == type);
    for (const Field& field : type->fields) {
      BOOST_TEST(type->find(field.name) == &field, type->name << "." << field.name);
      const bool may_have_type = field.shape == Shape::kObject || field.shape == Shape::kAny;
      BOOST_TEST((field.shape != Shape::kObject || field.type != nullptr));
      BOOST_TEST((may_have_type || field.type == nullptr));
    }
    BOOST_TEST(type->find("noSuchField") == nullptr);
  }
}

BOOST_AUTO_TEST_CASE(names_only_printers_that_exist) {
  for (const Resource* resource : catalog.resources()) {
    for (const Column& column : resource->columns) {
      const auto blank = std::min(column.cell.find(' '), column.cell.size());
      if (column.cell.starts_with('@')) {
        BOOST_TEST(find_printer(column.cell.substr(1, blank - 1)) != nullptr, column.cell);
      } else {
        BOOST_TEST(column.cell.starts_with('.'), column.cell);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(selects_by_fields_that_exist) {
  for (const Resource* resource : catalog.resources()) {
    for (const auto path : resource->selectable) {
      const auto first = path.substr(0, path.find('.'));
      BOOST_TEST(resource->type->find(first) != nullptr, resource->plural << " " << path);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
