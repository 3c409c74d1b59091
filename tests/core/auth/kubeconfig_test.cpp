// Kubeconfigs: what we write we read, what others write we read or refuse by name.

#include <boost/test/unit_test.hpp>

#include "core/auth/pki.hpp"
#include "tests/core/auth/support.hpp"

namespace pintle::auth {
namespace {

struct Home {
  pintle::test::TempDirectory directory;
  std::filesystem::path file = directory.path() / "config";

  Result<ClientConfig> read(std::string_view text) {
    return read_kubeconfig(test::put(file, text));
  }
  std::string fault_of(std::string_view text) {
    const auto config = read(text);
    return config.ok() ? "none" : config.error().message.substr(file.string().size() + 2);
  }
};

std::string config_with(std::string_view cluster, std::string_view user) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n- name: c\n  context: "
         "{cluster: k, user: u, namespace: web}\nclusters:\n- name: k\n  cluster: " +
         std::string(cluster) + "\nusers:\n- name: u\n  user: " + std::string(user) + "\n";
}

BOOST_FIXTURE_TEST_SUITE(a_kubeconfig, Home)

BOOST_AUTO_TEST_CASE(of_ours_reads_back) {
  const auto config = read(kubeconfig_yaml({.server_url = "https://[::1]:6443",
                                            .ca_pem = "CA\n",
                                            .user = "joe: \"x\"",
                                            .client = {"CERT\n", "KEY\n"}}));

  BOOST_REQUIRE_MESSAGE(config.ok(), (config.ok() ? "" : config.error().message));
  BOOST_TEST(config.value().server_url == "https://[::1]:6443");
  BOOST_TEST(config.value().ca_pem == "CA\n");
  BOOST_TEST(config.value().certificate_pem == "CERT\n");
  BOOST_TEST(config.value().key_pem == "KEY\n");
}

BOOST_AUTO_TEST_CASE(may_name_files_beside_it) {
  test::put(directory.path() / "ca.pem", "CA");
  test::put(directory.path() / "token", "abc\n");
  const auto config =
      read(config_with("{server: https://a, certificate-authority: ca.pem}", "{tokenFile: token}"));

  BOOST_REQUIRE(config.ok());
  BOOST_TEST(config.value().ca_pem == "CA");
  BOOST_TEST(config.value().token == "abc");
  BOOST_TEST(config.value().ns == "web");
}

BOOST_AUTO_TEST_CASE(may_hold_a_password) {
  const auto config = read(config_with("{server: https://a}", "{username: joe, password: secret}"));

  BOOST_REQUIRE(config.ok());
  BOOST_TEST(config.value().username == "joe");
  BOOST_TEST(config.value().password == "secret");
}

BOOST_AUTO_TEST_CASE(that_lacks_something_is_refused_by_name) {
  BOOST_TEST(fault_of("current-context: x\n") == "there is no context \"x\", the current-context");
  BOOST_TEST(fault_of(config_with("{}", "{}")) == "the current context's cluster has no server");
  BOOST_TEST(fault_of(config_with("{server: a, insecure-skip-tls-verify: true}", "{}"))
                 .starts_with("insecure-skip-tls-verify is not accepted"));
  BOOST_TEST(fault_of(config_with("{server: a}", "{exec: {command: rm}}"))
                 .starts_with("exec and auth-provider"));
  BOOST_TEST(fault_of(config_with("{server: a}", "{client-key-data: YQ==}"))
                 .starts_with("client-certificate and client-key go together"));
  BOOST_TEST(fault_of(config_with("{server: a, certificate-authority-data: '!'}", "{}")) ==
             "certificate-authority-data is not base 64");
  BOOST_TEST(fault_of("{") != "none");
  BOOST_TEST((read_kubeconfig("/nowhere/config").error().code == Code::kNotFound));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::auth
