// The cert-dir: filled once, reused, renewed, refused where it is not safe (T-T05, T-A07).

#include "core/auth/pki.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "core/auth/certificates.hpp"
#include "tests/core/auth/support.hpp"

namespace pintle::auth {
namespace {

using std::chrono::hours;
constexpr const char* kUrl = "https://127.0.0.1:6443";

struct Filled {
  pintle::test::TempDirectory directory;
  test::ManualClock clock;
  test::KeptLog log;
  ServingNames names{.dns = {"kubernetes", "localhost"}, .addresses = {"127.0.0.1", "::1"}};
  CertDir dir{directory.path() / "certs"};

  Filled() { BOOST_REQUIRE_MESSAGE(fill() == "", fill()); }

  std::string fill(const char* url = kUrl) {
    const auto filled = fill_cert_dir(dir.directory, names, url, clock, log);
    return filled.ok() ? "" : filled.error().message;
  }
  CertificatePtr certificate(const std::filesystem::path& file) const {
    return certificate_of_pem(test::text_of(file));
  }
};

std::string der_of(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  std::string der(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

BOOST_FIXTURE_TEST_SUITE(a_cert_dir, Filled)

BOOST_AUTO_TEST_CASE(is_filled_with_keys_that_only_their_owner_reads) {
  BOOST_TEST(test::mode_of(dir.directory) == 0700U);
  for (const auto& file : {dir.ca_key(), dir.serving_key(), dir.kubelet_client_key(),
                           dir.service_account_key(), dir.admin_kubeconfig()}) {
    BOOST_TEST(test::mode_of(file) == 0600U, file);
  }
  BOOST_TEST(std::filesystem::exists(dir.service_account_public_key()));
}

BOOST_AUTO_TEST_CASE(has_the_same_modes_whatever_the_umask_is) {
  for (const mode_t mask : {0000, 0777}) {
    const mode_t before = ::umask(mask);
    const auto other = directory.path() / std::to_string(mask);
    const auto filled = fill_cert_dir(other, names, kUrl, clock, log);
    ::umask(before);

    BOOST_REQUIRE(filled.ok());
    BOOST_TEST(test::mode_of(other) == 0700U);
    BOOST_TEST(test::mode_of(filled.value().ca_key()) == 0600U);
    BOOST_TEST(test::mode_of(filled.value().ca_certificate()) == 0644U);
  }
}

BOOST_AUTO_TEST_CASE(holds_p256_certificates_with_the_names_asked_for) {
  const auto authority = certificate(dir.ca_certificate());
  const auto serving = certificate(dir.serving_certificate());

  BOOST_TEST(EVP_PKEY_get_bits(X509_get0_pubkey(serving.get())) == 256);
  BOOST_TEST(is_issued_by(serving.get(), authority.get()));
  BOOST_TEST(missing_name(serving.get(), names) == "");
  BOOST_TEST(missing_name(serving.get(), {.dns = {"evil"}, .addresses = {}}) == "evil");
  BOOST_TEST(ASN1_STRING_length(X509_get0_serialNumber(serving.get())) == 16);
  BOOST_TEST((not_after_of(authority.get()) - clock.now() == hours(24 * 3650)));
  BOOST_TEST((not_after_of(serving.get()) - clock.now() == hours(24 * 365)));
}

BOOST_AUTO_TEST_CASE(is_reused_as_it_is) {
  std::map<std::string, std::string> before;
  for (const auto& entry : std::filesystem::directory_iterator(dir.directory)) {
    before[entry.path().string()] = test::text_of(entry.path());
  }

  BOOST_TEST(fill() == "");

  BOOST_TEST(before.size() == 9U);
  for (const auto& [file, text] : before) {
    BOOST_TEST((test::text_of(file) == text), file);
  }
}

BOOST_AUTO_TEST_CASE(gets_a_new_serving_pair_of_the_same_authority_where_a_name_lacks) {
  const auto authority = test::text_of(dir.ca_certificate());
  names.dns.emplace_back("api.example");

  BOOST_TEST(fill() == "");

  BOOST_TEST(test::text_of(dir.ca_certificate()) == authority);
  BOOST_TEST(missing_name(certificate(dir.serving_certificate()).get(), names) == "");
  BOOST_TEST(log.holds("why=it lacks the name api.example"));
}

BOOST_AUTO_TEST_CASE(renews_what_expired_and_what_soon_will) {
  const auto authority = test::text_of(dir.ca_certificate());
  clock.pass(hours(24 * 340));
  BOOST_TEST(fill() == "");
  BOOST_TEST((not_after_of(certificate(dir.serving_certificate()).get()) - clock.now() ==
              hours(24 * 365)));
  clock.pass(hours(24 * 400));
  BOOST_TEST(fill() == "");

  BOOST_TEST(log.holds("why=it expired at "));
  BOOST_TEST(test::text_of(dir.ca_certificate()) == authority);
  const auto admin = read_kubeconfig(dir.admin_kubeconfig());
  BOOST_REQUIRE(admin.ok());
  BOOST_TEST((not_after_of(certificate_of_pem(admin.value().certificate_pem).get()) > clock.now()));
}

BOOST_AUTO_TEST_CASE(never_gets_a_second_authority) {
  std::filesystem::remove(dir.ca_key());
  BOOST_TEST(fill().find("ca.key is missing and ca.crt is there: restore the key") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(with_an_expired_authority_is_refused) {
  clock.pass(hours(24 * 3651));
  BOOST_TEST(fill().find("ca.crt expired at ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(whose_key_others_can_read_is_refused_with_the_mend) {
  ::chmod(dir.ca_key().c_str(), 0640);
  BOOST_TEST(fill() == dir.ca_key().string() +
                           " holds a private key and others can read it (mode 0640): run "
                           "`chmod 600 " +
                           dir.ca_key().string() + "`");
}

BOOST_AUTO_TEST_CASE(that_others_can_write_is_refused) {
  ::chmod(dir.directory.c_str(), 0777);
  BOOST_TEST(fill().find("can be written by others (mode 0777)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(with_files_of_another_pair_is_refused_by_name) {
  const auto serving = test::text_of(dir.serving_certificate());
  test::put(dir.serving_certificate(), test::text_of(dir.kubelet_client_certificate()));
  BOOST_TEST(fill().find("apiserver.key is not the key of ") != std::string::npos);
  test::put(dir.serving_certificate(), "junk");
  BOOST_TEST(fill().find("apiserver.crt holds no certificate") != std::string::npos);
  test::put(dir.serving_certificate(), serving);
  test::put(dir.service_account_public_key(), "junk");
  BOOST_TEST(fill().find("sa.pub is not the public half of sa.key") != std::string::npos);
  std::filesystem::remove(dir.service_account_key());
  BOOST_TEST(fill().find("sa.key is missing and sa.pub is there") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_finished_where_the_first_start_was_cut_short) {
  const auto key = test::text_of(dir.ca_key());
  for (const auto& entry : std::filesystem::directory_iterator(dir.directory)) {
    if (entry.path() != dir.ca_key()) {
      std::filesystem::remove(entry.path());
    }
  }

  BOOST_TEST(fill() == "");

  BOOST_TEST(test::text_of(dir.ca_key()) == key);
  BOOST_TEST(std::filesystem::exists(dir.admin_kubeconfig()));
}

BOOST_AUTO_TEST_CASE(has_an_admin_kubeconfig_that_follows_the_server) {
  const auto first = read_kubeconfig(dir.admin_kubeconfig());
  BOOST_REQUIRE(first.ok());
  BOOST_TEST(first.value().server_url == kUrl);
  const auto peer =
      peer_certificate_of_der(der_of(certificate_of_pem(first.value().certificate_pem).get()), "");
  BOOST_TEST(peer.trusted);
  BOOST_TEST(peer.common_name == "kubernetes-admin");
  BOOST_TEST(peer.organizations == std::vector<std::string>{"system:masters"},
             boost::test_tools::per_element());

  BOOST_TEST(fill("https://127.0.0.1:7000") == "");

  BOOST_TEST(read_kubeconfig(dir.admin_kubeconfig()).value().server_url ==
             "https://127.0.0.1:7000");
}

BOOST_AUTO_TEST_CASE(issues_for_users_whose_names_are_long_or_foreign_but_not_torn) {
  const std::string name = "system:node:" + std::string(200, 'n') + "é";
  const auto issued = issue_client_certificate(dir, name, {"system:nodes", "b"}, hours(1), clock);
  BOOST_REQUIRE(issued.ok());
  const auto peer =
      peer_certificate_of_der(der_of(certificate_of_pem(issued.value().certificate_pem).get()), "");

  BOOST_TEST(peer.common_name == name);
  BOOST_TEST(peer.organizations.size() == 2U);
  BOOST_TEST(!issue_client_certificate(dir, "", {}, hours(1), clock).ok());
  BOOST_TEST(!issue_client_certificate(dir, std::string("a\0b", 3), {}, hours(1), clock).ok());
  BOOST_TEST(!issue_client_certificate(dir, "a", {"b\n"}, hours(1), clock).ok());
}

BOOST_AUTO_TEST_CASE(issues_no_life_beyond_the_authority_s) {
  const auto issued = issue_client_certificate(dir, "joe", {}, hours(24 * 36500), clock);
  BOOST_REQUIRE(issued.ok());
  BOOST_TEST((not_after_of(certificate_of_pem(issued.value().certificate_pem).get()) ==
              not_after_of(certificate(dir.ca_certificate()).get())));
}

BOOST_AUTO_TEST_CASE(adds_no_second_name_for_a_comma_in_one) {
  const auto torn = issue_serving_certificate(
      dir, "x", {}, {.dns = {"a,DNS:evil"}, .addresses = {}}, hours(1), clock);
  BOOST_REQUIRE(torn.ok());
  const auto made = certificate_of_pem(torn.value().certificate_pem);
  BOOST_TEST(missing_name(made.get(), {.dns = {"evil"}, .addresses = {}}) == "evil");
  BOOST_TEST(
      !issue_serving_certificate(dir, "x", {}, {.dns = {}, .addresses = {"1.2.3"}}, hours(1), clock)
           .ok());
}

BOOST_AUTO_TEST_SUITE_END()

// T-A07: what TLS says of the chain is taken as it is; the rest is looked at here.
BOOST_FIXTURE_TEST_SUITE(a_client_certificate, Filled)

BOOST_AUTO_TEST_CASE(of_another_authority_is_not_trusted_whatever_it_says) {
  const auto rogue_dir = fill_cert_dir(directory.path() / "rogue", names, kUrl, clock, log);
  const auto rogue =
      issue_client_certificate(rogue_dir.value(), "root", {"system:masters"}, hours(1), clock);
  const auto certificate = certificate_of_pem(rogue.value().certificate_pem);

  BOOST_TEST(!is_issued_by(certificate.get(), this->certificate(dir.ca_certificate()).get()));
  const auto peer =
      peer_certificate_of_der(der_of(certificate.get()), "unable to get local issuer certificate");
  BOOST_TEST(!peer.trusted);
  BOOST_TEST(peer.fault == "unable to get local issuer certificate");
}

BOOST_AUTO_TEST_CASE(that_is_for_servers_only_is_not_trusted) {
  const auto peer =
      peer_certificate_of_der(der_of(certificate(dir.serving_certificate()).get()), "");

  BOOST_TEST(!peer.trusted);
  BOOST_TEST(peer.fault == "it is not for client authentication");
}

BOOST_AUTO_TEST_CASE(with_a_nul_in_its_name_is_not_trusted) {
  auto key = make_key();
  CertificateOrder order;
  order.common_name = "adminXevil";
  order.for_client = true;
  order.not_before = clock.now();
  order.not_after = clock.now() + hours(1);
  auto made = make_certificate(order, key.value().get(), nullptr, key.value().get());
  auto der = der_of(made.value().get());
  for (auto at = der.find("adminXevil"); at != std::string::npos; at = der.find("adminXevil")) {
    der[at + 5] = '\0';
  }

  const auto peer = peer_certificate_of_der(der, "");

  BOOST_TEST(!peer.trusted);
  BOOST_TEST(peer.fault == "its common name holds a NUL");
}

BOOST_AUTO_TEST_CASE(with_a_weak_key_is_not_trusted) {
  const KeyPtr key(EVP_RSA_gen(1024));
  CertificateOrder order;
  order.common_name = "joe";
  order.for_client = true;
  order.not_before = clock.now();
  order.not_after = clock.now() + hours(1);
  const auto made = make_certificate(order, key.get(), nullptr, key.get());

  BOOST_TEST(peer_certificate_of_der(der_of(made.value().get()), "").fault ==
             "its key is too weak");
}

BOOST_AUTO_TEST_CASE(that_is_signed_with_sha_1_is_not_trusted) {
  auto made = issue_client_certificate(dir, "joe", {}, hours(1), clock);
  const auto certificate = certificate_of_pem(made.value().certificate_pem);
  const auto key = private_key_of_pem(test::text_of(dir.ca_key()));
  BOOST_REQUIRE(X509_sign(certificate.get(), key.get(), EVP_sha1()) != 0);

  BOOST_TEST(peer_certificate_of_der(der_of(certificate.get()), "").fault ==
             "its signature is too weak");
}

BOOST_AUTO_TEST_CASE(that_is_torn_or_trailed_by_more_is_not_trusted) {
  const auto der = der_of(certificate(dir.kubelet_client_certificate()).get());

  BOOST_TEST(peer_certificate_of_der(der, "").trusted);
  BOOST_TEST(peer_certificate_of_der(der, "").sha256.size() == 64U);
  BOOST_TEST(!peer_certificate_of_der(der + "x", "").trusted);
  BOOST_TEST(!peer_certificate_of_der(der.substr(0, 100), "").trusted);
  BOOST_TEST(!peer_certificate_of_der("", "").trusted);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_lone_kubelet, Filled)

BOOST_AUTO_TEST_CASE(keeps_the_pair_that_it_signed_itself) {
  const auto home = directory.path() / "kubelet";
  const auto first = make_self_signed(home, names, clock);
  const auto second = make_self_signed(home, names, clock);
  clock.pass(hours(24 * 366));
  const auto later = make_self_signed(home, names, clock);

  BOOST_REQUIRE(later.ok());
  BOOST_TEST(first.value().certificate_pem == second.value().certificate_pem);
  BOOST_TEST(first.value().certificate_pem != later.value().certificate_pem);
  BOOST_TEST(first.value().key_pem == later.value().key_pem);
  BOOST_TEST(test::mode_of(home / "kubelet.key") == 0600U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(this_machine)

BOOST_AUTO_TEST_CASE(has_names_for_its_serving_certificate) {
  const auto names = local_serving_names();

  BOOST_TEST((std::ranges::find(names.dns, "kubernetes.default.svc") != names.dns.end()));
  BOOST_TEST((std::ranges::find(names.addresses, "127.0.0.1") != names.addresses.end()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::auth
