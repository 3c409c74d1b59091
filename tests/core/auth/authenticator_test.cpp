// Who a request comes from: passwords, token files, certificates, nobody (T-A01, T-A02, T-A03,
// T-A06, T-A07, T-A11, T-A13, T-Z14).

#include "core/auth/authenticator.hpp"

#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "core/auth/base64.hpp"
#include "core/auth/users.hpp"
#include "tests/core/auth/support.hpp"

namespace pintle::auth {
namespace {

using namespace std::chrono_literals;

struct Door {
  pintle::test::TempDirectory directory;
  test::ManualClock clock;
  test::KeptLog log;
  AuthenticatorOptions options;
  std::unique_ptr<Authenticator> authenticator;

  Door() {
    options.basic_auth_file =
        put_users("secret,joe,1000,\"users\"\nsecret,john,1001,\"users,admin\"\n");
    options.token_auth_file =
        test::put(directory.path() / "tokens.csv", "t0ken,bot,7,\"a,b\"\n", 0600);
    open();
  }

  std::filesystem::path put_users(std::string_view text, mode_t mode = 0600) {
    return test::put(directory.path() / "users.csv", text, mode);
  }
  void open() {
    auto made = Authenticator::make(
        options, [](auto...) { return std::optional<std::string>(); }, clock, log);
    BOOST_REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().message));
    authenticator = std::move(made).value();
  }
  Result<Identity> identify(const Credentials& credentials) {
    auto now = authenticator->identify_now(credentials);
    return now ? *now : authenticator->identify(credentials);
  }
  Result<Identity> login(const std::string& user, const std::string& password,
                         const std::string& from = "10.0.0.1:4000") {
    return identify(
        {.authorization = {"Basic " + to_base64(user + ":" + password)}, .remote_address = from});
  }
  Code code_of(std::string header) {
    const auto who = identify({.authorization = {std::move(header)}});
    return who.ok() ? Code::kCancelled : who.error().code;
  }
  PeerCertificate peer(std::string user = "ann") const {
    return {.trusted = true,
            .common_name = std::move(user),
            .organizations = {"dev", "ops"},
            .sha256 = "ab",
            .not_before = clock.now() - 1h,
            .not_after = clock.now() + 1h};
  }
  Result<Identity> present(const PeerCertificate& certificate,
                           std::vector<std::string> authorization = {}) {
    return identify({.authorization = std::move(authorization),
                     .certificate = std::make_shared<const PeerCertificate>(certificate)});
  }
};

BOOST_FIXTURE_TEST_SUITE(a_password_of_the_file, Door)

BOOST_AUTO_TEST_CASE(names_its_user_with_uid_and_groups) {
  const auto who = login("john", "secret");

  BOOST_REQUIRE(who.ok());
  BOOST_TEST(who.value().user == "john");
  BOOST_TEST(who.value().uid == "1001");
  BOOST_TEST(who.value().authenticator == "basic");
  const std::vector<std::string> groups = {"users", "admin", "system:authenticated"};
  BOOST_TEST(who.value().groups == groups, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(that_is_wrong_is_401_and_says_no_more) {
  for (const auto& who : {login("joe", "secre"), login("joe", ""), login("nobody", "secret")}) {
    BOOST_REQUIRE(!who.ok());
    BOOST_TEST(who.error().code == Code::kUnauthorized);
    BOOST_TEST(who.error().message == "Unauthorized");
  }
}

BOOST_AUTO_TEST_CASE(may_hold_colons_and_foreign_letters) {
  put_users("\"a:b é\",joe,1\n");
  authenticator->reload();

  BOOST_TEST(login("joe", "a:b é").ok());
}

BOOST_AUTO_TEST_CASE(leaves_nothing_in_the_log) {
  BOOST_TEST(!login("joe", "MARKER").ok());
  code_of("Basic MARKER!");
  code_of("Bearer MARKER");
  BOOST_TEST(log.holds("not authenticated"));
  BOOST_TEST(!log.holds("MARKER"));
  BOOST_TEST(!log.holds(to_base64("joe:MARKER")));
}

BOOST_AUTO_TEST_SUITE_END()

// T-A03
BOOST_FIXTURE_TEST_SUITE(an_authorization_header, Door)

BOOST_AUTO_TEST_CASE(that_is_malformed_is_401_and_never_anonymous) {
  const std::string good = to_base64("joe:secret");
  const std::vector<std::string> headers = {
      "",
      " ",
      "Basic",
      "Basic ",
      "Basic !!!",
      "Basic  " + good,
      "Basic " + good + " ",
      "Basic " + good + "\t",
      "Basic\t" + good,
      "Basic " + to_base64("joesecret"),
      "Basic " + to_base64(":secret"),
      "Basic " + to_base64(std::string("joe\0:secret", 11)),
      "Basic " + to_base64("joe\r\n:secret"),
      "Basic " + good.substr(0, good.size() - 1),
      "Basic " + std::string(1024 * 1024, 'A'),
      "Bearer",
      "Bearer ",
      "Bearer  t0ken",
      "Bearer t0ken x",
      "Bearer x",
      "Bearert0ken",
      "Digest username=joe",
      "Negotiate abc",
      good,
  };
  for (const auto& header : headers) {
    BOOST_TEST(code_of(header) == Code::kUnauthorized, header.substr(0, 60));
  }
}

BOOST_AUTO_TEST_CASE(may_spell_its_scheme_in_any_case) {
  BOOST_TEST(code_of("bAsIc " + to_base64("joe:secret")) == Code::kCancelled);
  BOOST_TEST(code_of("bearer t0ken") == Code::kCancelled);
}

BOOST_AUTO_TEST_CASE(that_comes_twice_is_401_even_if_both_are_good) {
  const auto who = identify({.authorization = {"Bearer t0ken", "Bearer t0ken"}});
  BOOST_REQUIRE(!who.ok());
  BOOST_TEST(who.error().code == Code::kUnauthorized);
}

BOOST_AUTO_TEST_CASE(of_a_method_that_is_not_set_up_is_401) {
  options = {};
  open();
  BOOST_TEST(code_of("Basic " + to_base64("joe:secret")) == Code::kUnauthorized);
  BOOST_TEST(code_of("Bearer t0ken") == Code::kUnauthorized);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(no_credential_at_all, Door)

BOOST_AUTO_TEST_CASE(is_anonymous_where_that_is_allowed) {
  const auto who = identify({});
  BOOST_REQUIRE(who.ok());
  BOOST_TEST(who.value().user == "system:anonymous");
  BOOST_TEST(who.value().groups == std::vector<std::string>{"system:unauthenticated"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_401_where_it_is_not) {
  options.anonymous = false;
  open();
  BOOST_TEST(identify({}).error().code == Code::kUnauthorized);
}

BOOST_AUTO_TEST_SUITE_END()

// T-A07
BOOST_FIXTURE_TEST_SUITE(a_presented_certificate, Door)

BOOST_AUTO_TEST_CASE(names_its_common_name_and_every_organization) {
  const auto who = present(peer());

  BOOST_REQUIRE(who.ok());
  BOOST_TEST(who.value().user == "ann");
  BOOST_TEST(who.value().authenticator == "x509");
  const std::vector<std::string> groups = {"dev", "ops", "system:authenticated"};
  BOOST_TEST(who.value().groups == groups, boost::test_tools::per_element());
  BOOST_TEST(who.value().extra.at("authentication.kubernetes.io/credential-id").front() ==
             "X509SHA256=ab");
}

BOOST_AUTO_TEST_CASE(ends_within_a_connection_the_moment_it_expires) {
  const auto certificate = peer();
  clock.pass(3600s);
  BOOST_TEST(present(certificate).ok());
  clock.pass(1s);
  BOOST_TEST(present(certificate).error().code == Code::kUnauthorized);
}

BOOST_AUTO_TEST_CASE(that_is_untrusted_early_or_nameless_is_401_never_anonymous) {
  auto untrusted = peer();
  untrusted.trusted = false;
  untrusted.organizations = {"system:masters"};
  auto early = peer();
  early.not_before = clock.now() + 1s;
  for (const auto& certificate : {untrusted, early, peer("")}) {
    BOOST_REQUIRE(!present(certificate).ok());
    BOOST_TEST(present(certificate).error().code == Code::kUnauthorized);
  }
}

BOOST_AUTO_TEST_CASE(wins_over_a_header_only_if_it_is_good) {
  const std::string joe = "Basic " + to_base64("joe:secret");
  auto untrusted = peer();
  untrusted.trusted = false;

  BOOST_TEST(present(peer(), {joe}).value().user == "ann");
  BOOST_TEST(present(peer(), {"Basic !!!"}).value().user == "ann");
  BOOST_TEST(present(untrusted, {joe}).value().user == "joe");
  BOOST_TEST(!present(untrusted, {"Basic !!!"}).ok());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_token_of_the_file, Door)

BOOST_AUTO_TEST_CASE(names_its_user) {
  const auto who = identify({.authorization = {"Bearer t0ken"}});

  BOOST_REQUIRE(who.ok());
  BOOST_TEST(who.value().user == "bot");
  BOOST_TEST(who.value().authenticator == "token");
  const std::vector<std::string> groups = {"a", "b", "system:authenticated"};
  BOOST_TEST(who.value().groups == groups, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_read_again_when_the_file_changes) {
  test::put(options.token_auth_file, "new,bot,7\n");
  authenticator->reload();

  BOOST_TEST(code_of("Bearer t0ken") == Code::kUnauthorized);
  BOOST_TEST(code_of("Bearer new") == Code::kCancelled);
}

BOOST_AUTO_TEST_CASE(that_is_there_twice_stops_the_start) {
  test::put(options.token_auth_file, "t,a,1\nt,b,2\n");
  const auto made = Authenticator::make(
      options, [](auto...) { return std::optional<std::string>(); }, clock, log);

  BOOST_REQUIRE(!made.ok());
  BOOST_TEST(made.error().message ==
             options.token_auth_file.string() + ":2: the token is there twice; remove one line");
}

BOOST_AUTO_TEST_SUITE_END()

// T-A13, C-13, walkthrough P0
BOOST_FIXTURE_TEST_SUITE(a_file_of_credentials, Door)

BOOST_AUTO_TEST_CASE(that_others_can_read_is_warned_of_once_a_load_with_the_mend) {
  put_users("secret,joe,1000\n", 0644);
  open();
  authenticator->reload();
  authenticator->reload();

  BOOST_TEST(log.count("W others can read this file of credentials") == 1);
  BOOST_TEST(log.holds("mode=0644 mend=chmod 600 " + options.basic_auth_file.string()));
}

BOOST_AUTO_TEST_CASE(that_turns_bad_keeps_the_old_and_says_so_once) {
  put_users("secret,joe\n");
  authenticator->reload();
  authenticator->reload();

  BOOST_TEST(login("joe", "secret").ok());
  BOOST_TEST(log.count("E kept the old credentials") == 1);
  BOOST_TEST(log.holds(":1: 2 fields"));
}

BOOST_AUTO_TEST_CASE(that_is_gone_for_a_while_keeps_the_old) {
  std::filesystem::remove(options.basic_auth_file);
  authenticator->reload();
  BOOST_TEST(login("joe", "secret").ok());
  put_users("other,joe,1\n");
  authenticator->reload();
  BOOST_TEST(login("joe", "other").ok());
  BOOST_TEST(!login("joe", "secret").ok());
}

BOOST_AUTO_TEST_CASE(that_is_bad_or_missing_stops_the_start) {
  options.basic_auth_file = directory.path() / "nowhere";
  const auto made = Authenticator::make(
      options, [](auto...) { return std::optional<std::string>(); }, clock, log);
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST(made.error().code == Code::kNotFound);
}

// T-Z14
BOOST_AUTO_TEST_CASE(gives_nobody_system_masters_unless_told_to) {
  put_users("secret,joe,1,\"system:masters,users\"\n");
  open();
  BOOST_TEST(login("joe", "secret").value().groups.size() == 2U);
  BOOST_TEST(log.count("W left system:masters out") == 1);
  options.allows_masters_in_files = true;
  open();
  BOOST_TEST(login("joe", "secret").value().groups.front() == "system:masters");
}

BOOST_AUTO_TEST_SUITE_END()

struct HashedDoor : Door {
  HashedDoor() {
    put_users(hash_password("secret").value() + ",joe,1\nplain,ann,2\n");
    authenticator->reload();
  }
  bool is_answered_now(const std::string& user, const std::string& password) {
    return authenticator
        ->identify_now({.authorization = {"Basic " + to_base64(user + ":" + password)},
                        .remote_address = "10.0.0.1:4000"})
        .has_value();
  }
};

BOOST_FIXTURE_TEST_SUITE(a_hashed_password, HashedDoor)

BOOST_AUTO_TEST_CASE(is_worked_out_once_and_then_known_for_a_while) {
  BOOST_TEST(!is_answered_now("joe", "secret"));
  BOOST_TEST(login("joe", "secret").ok());
  BOOST_TEST(is_answered_now("joe", "secret"));
  BOOST_TEST(!is_answered_now("joe", "wrong"));
  clock.pass(11s);
  BOOST_TEST(!is_answered_now("joe", "secret"));
}

// T-A01: no user, plain or hashed or none, is answered without a hash.
BOOST_AUTO_TEST_CASE(costs_the_same_work_for_those_who_do_not_exist) {
  for (const char* user : {"joe", "ann", "nobody"}) {
    BOOST_TEST(!is_answered_now(user, "wrong"), user);
    BOOST_TEST(!login(user, "wrong").ok(), user);
  }
  BOOST_TEST(login("ann", "plain").ok());
  BOOST_TEST(!login("nobody", "secret").ok());
}

BOOST_AUTO_TEST_CASE(that_changed_is_not_remembered) {
  BOOST_TEST(login("joe", "secret").ok());
  put_users(hash_password("new").value() + ",joe,1\n");
  authenticator->reload();
  BOOST_TEST(!login("joe", "secret").ok());
  BOOST_TEST(login("joe", "new").ok());
}

BOOST_AUTO_TEST_CASE(asked_for_many_times_at_once_is_not_throttled) {
  std::vector<std::jthread> clients;
  std::atomic<int> good = 0;
  for (int i = 0; i < 24; ++i) {
    clients.emplace_back([&] { good += login("joe", "secret").ok() ? 1 : 0; });
  }
  clients.clear();
  BOOST_TEST(good == 24);
}

BOOST_AUTO_TEST_SUITE_END()

// T-A02
BOOST_FIXTURE_TEST_SUITE(guessing, Door)

BOOST_AUTO_TEST_CASE(must_wait_after_ten_tries_but_only_where_it_comes_from) {
  for (int i = 0; i < 10; ++i) {
    BOOST_TEST(login("joe", "wrong").error().code == Code::kUnauthorized);
  }
  const auto eleventh = login("joe", "wrong", "10.0.0.1:5999");
  BOOST_REQUIRE(!eleventh.ok());
  BOOST_TEST(eleventh.error().code == Code::kTooManyRequests);
  BOOST_REQUIRE(eleventh.error().details);
  BOOST_TEST(eleventh.error().details->retry_after_seconds == 6);

  BOOST_TEST(login("joe", "secret", "10.0.0.2:4000").ok());
  BOOST_TEST(login("john", "secret").ok());
}

BOOST_AUTO_TEST_CASE(may_go_on_slowly_and_a_right_password_clears_it) {
  for (int i = 0; i < 11; ++i) {
    BOOST_TEST(!login("joe", "wrong").ok());
  }
  clock.pass(6s);
  BOOST_TEST(login("joe", "wrong").error().code == Code::kUnauthorized);
  BOOST_TEST(login("joe", "secret").error().code == Code::kTooManyRequests);
  clock.pass(6s);
  BOOST_TEST(login("joe", "secret").ok());
  BOOST_TEST(login("joe", "wrong").error().code == Code::kUnauthorized);
}

BOOST_AUTO_TEST_CASE(with_ever_new_names_costs_bounded_memory_and_locks_nobody_out) {
  for (int i = 0; i < 40'000; ++i) {
    BOOST_REQUIRE(!login("user" + std::to_string(i), "wrong").ok());
  }
  BOOST_TEST(login("joe", "secret").ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::auth
