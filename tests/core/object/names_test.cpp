// Names that Kubernetes takes are taken, others are refused in its words.

#include "core/object/names.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle {
namespace {

using Check = NameFault (*)(std::string_view);

void takes(Check check, std::initializer_list<std::string> names) {
  for (const auto& name : names) {
    BOOST_TEST(!check(name).has_value(), name);
  }
}

void refuses(Check check, std::initializer_list<std::string> names) {
  for (const auto& name : names) {
    BOOST_TEST(check(name).has_value(), name);
  }
}

BOOST_AUTO_TEST_SUITE(a_name)

BOOST_AUTO_TEST_CASE(that_is_a_dns_label) {
  takes(check_dns_label, {"a", "0", "a-b", std::string(63, 'a')});
  refuses(check_dns_label, {"", "-a", "a-", "A", "a.b", "a_b", std::string(64, 'a')});
}

BOOST_AUTO_TEST_CASE(that_is_a_dns_subdomain) {
  takes(check_dns_subdomain, {"a", "a.b-c.d", "0.0"});
  refuses(check_dns_subdomain,
          {"", ".", "a..b", "a.", "..", "a/b", "a%2f", "A", "-a.b", std::string(254, 'a')});
}

BOOST_AUTO_TEST_CASE(that_is_a_services) {
  takes(check_dns1035_label, {"a", "a-0"});
  refuses(check_dns1035_label, {"0a", "a.b", ""});
}

BOOST_AUTO_TEST_CASE(that_is_a_path_segment) {
  takes(check_path_segment, {"system:node", "a b", "..."});
  BOOST_TEST(*check_path_segment("..") == "may not be '..'");
  BOOST_TEST(*check_path_segment("a/b") == "may not contain '/'");
  BOOST_TEST(*check_path_segment("a%b") == "may not contain '%'");
}

BOOST_AUTO_TEST_CASE(that_is_a_labels) {
  takes(check_label_key, {"a", "A_b.c", "example.com/a", "0"});
  refuses(check_label_key, {"", "/a", "a/", "a/b/c", "-a", "A.com/x", std::string(64, 'a')});
  takes(check_label_value, {"", "a", "A_b.c-d", std::string(63, 'a')});
  refuses(check_label_value, {"-", "a b", "a/b", std::string(64, 'a')});
}

BOOST_AUTO_TEST_CASE(that_is_a_config_key_an_environment_variable_or_a_port) {
  takes(check_config_key, {"a", ".a", "_", "A-b.c"});
  refuses(check_config_key, {"", ".", "..", "..a", "a/b", std::string(254, 'a')});
  takes(check_env_name, {"A", "a.b-c", "1", "a b"});
  refuses(check_env_name, {"", "a=b", "\n", "\u00e9"});
  takes(check_port_name, {"http", "a-1", "1a"});
  refuses(check_port_name, {"", "1", "a--b", "-a", "a-", "A", "sixteencharacter"});
}

BOOST_AUTO_TEST_CASE(is_refused_in_kubernetes_words) {
  BOOST_TEST(*check_dns_subdomain("A") ==
             "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
             "'-' or '.', and must start and end with an alphanumeric character (e.g. "
             "'example.com', regex used for validation is "
             "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
  BOOST_TEST(*check_label_value(std::string(64, 'a')) == "must be no more than 63 bytes");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
