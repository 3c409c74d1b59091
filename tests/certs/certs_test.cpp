// A cert-dir as openssl sees it: certs/check.sh passes a fresh one and finds each fault (T-T05),
// and issued certificates are good for what they are for, and for nothing else (T-A07).

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>

#include "core/auth/pki.hpp"
#include "tests/support/temp_directory.hpp"

namespace pintle::auth {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

struct Ran {
  int status = -1;
  std::string text;
};

Ran run(const std::string& command) {
  Ran ran;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  BOOST_REQUIRE(pipe != nullptr);
  std::array<char, 4096> chunk{};
  while (const auto size = std::fread(chunk.data(), 1, chunk.size(), pipe)) {
    ran.text.append(chunk.data(), size);
  }
  const int status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

struct Filled {
  pintle::test::TempDirectory home;
  SystemClock clock;
  CertDir dir{home.path() / "certs"};
  const std::string check = std::string(PINTLE_SOURCE_DIR) + "/certs/check.sh ";

  Filled() { fill(dir.directory); }

  void fill(const fs::path& directory) const {
    const auto filled = fill_cert_dir(directory, local_serving_names(), "https://127.0.0.1:6443",
                                      clock, null_log());
    BOOST_REQUIRE_MESSAGE(filled.ok(), (filled.ok() ? "" : filled.error().message));
  }
  bool verifies(const IssuedPair& pair, const std::string& purpose) const {
    const auto file = home.path() / "leaf.crt";
    std::ofstream(file) << pair.certificate_pem;
    return run("openssl verify -x509_strict -CAfile " + dir.ca_certificate().string() +
               " -purpose " + purpose + " " + file.string())
               .status == 0;
  }
  void expect_fault(const std::string& part) const {
    const auto ran = run(check + dir.directory.string());
    BOOST_TEST(ran.status == 1);
    BOOST_TEST(ran.text.find(part) != std::string::npos, ran.text);
  }
};

BOOST_FIXTURE_TEST_SUITE(a_filled_cert_dir, Filled)

BOOST_AUTO_TEST_CASE(has_no_faults) {
  const auto ran = run(check + dir.directory.string());

  BOOST_TEST(ran.status == 0, ran.text);
  BOOST_TEST(ran.text.find("no faults in ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(with_a_key_others_can_read_has_one) {
  fs::permissions(dir.ca_key(), fs::perms::owner_read | fs::perms::group_read);
  expect_fault("ca.key has mode 440");
}

BOOST_AUTO_TEST_CASE(with_a_certificate_of_another_authority_has_one) {
  const CertDir rogue{home.path() / "rogue"};
  fill(rogue.directory);
  fs::copy_file(rogue.serving_certificate(), dir.serving_certificate(),
                fs::copy_options::overwrite_existing);
  expect_fault("apiserver.crt is not good for sslserver by ca.crt");
}

BOOST_AUTO_TEST_CASE(without_a_key_has_one) {
  fs::remove(dir.service_account_key());
  expect_fault("sa.key is missing");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_issued_certificate, Filled)

BOOST_AUTO_TEST_CASE(of_a_user_is_good_for_clients_only) {
  const auto issued = issue_client_certificate(dir, "joe", {"dev"}, hours(1), clock);

  BOOST_REQUIRE(issued.ok());
  BOOST_TEST(verifies(issued.value(), "sslclient"));
  BOOST_TEST(!verifies(issued.value(), "sslserver"));
}

BOOST_AUTO_TEST_CASE(of_a_node_is_good_for_both) {
  const auto issued =
      issue_serving_certificate(dir, "system:node:n1", {"system:nodes"},
                                {.dns = {"n1"}, .addresses = {"10.0.0.1"}}, hours(1), clock);

  BOOST_REQUIRE(issued.ok());
  BOOST_TEST(verifies(issued.value(), "sslserver"));
  BOOST_TEST(verifies(issued.value(), "sslclient"));
}

BOOST_AUTO_TEST_CASE(of_another_authority_is_good_for_nothing) {
  const CertDir rogue{home.path() / "rogue"};
  fill(rogue.directory);
  const auto issued = issue_client_certificate(rogue, "root", {"system:masters"}, hours(1), clock);

  BOOST_REQUIRE(issued.ok());
  BOOST_TEST(!verifies(issued.value(), "sslclient"));
}

BOOST_AUTO_TEST_CASE(that_has_expired_is_good_for_nothing) {
  const auto issued = issue_client_certificate(dir, "joe", {}, hours(-1), clock);

  BOOST_REQUIRE(issued.ok());
  BOOST_TEST(!verifies(issued.value(), "sslclient"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::auth
