// The users file: CSV as Kubernetes has it, faults named by line, hashes made and matched.

#include "core/auth/users.hpp"

#include <boost/test/unit_test.hpp>

#include "core/auth/base64.hpp"
#include "tests/core/auth/support.hpp"

namespace pintle::auth {
namespace {

std::string fault_of(std::string_view text) {
  const auto parsed = parse_users(text, "u.csv");
  return parsed.ok() ? "none" : parsed.error().message;
}

BOOST_AUTO_TEST_SUITE(a_users_file)

BOOST_AUTO_TEST_CASE(is_read_as_the_tutorial_writes_it) {
  const auto users =
      parse_users("secret,joe,1000,\"users\"\nsecret,john,1001,\"users,admin\"\n", "u.csv");

  BOOST_REQUIRE(users.ok());
  BOOST_REQUIRE(users.value().size() == 2U);
  BOOST_TEST(users.value()[0].name == "joe");
  BOOST_TEST(users.value()[1].uid == "1001");
  BOOST_TEST(users.value()[1].groups == (std::vector<std::string>{"users", "admin"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(may_quote_commas_quotes_and_line_ends_and_leave_groups_out) {
  const auto users = parse_users("\"a,\"\"b\r\nc\",joe,1\r\n\r\nx,ann,2", "u.csv");

  BOOST_REQUIRE(users.ok());
  BOOST_REQUIRE(users.value().size() == 2U);
  BOOST_TEST(users.value()[0].password == "a,\"b\r\nc");
  BOOST_TEST(users.value()[1].groups.empty());
}

BOOST_AUTO_TEST_CASE(with_a_fault_is_refused_by_line) {
  BOOST_TEST(fault_of("a,joe,1\nb,joe,2\n") ==
             "u.csv:2: the user joe is there twice; remove one line");
  BOOST_TEST(fault_of("a,joe\n") == "u.csv:1: 2 fields; write password,user,uid,\"group1,group2\"");
  BOOST_TEST(fault_of("a,joe,1,users,admin\n").starts_with("u.csv:1: 5 fields"));
  BOOST_TEST(fault_of("a,joe,1\n\n,ann,2\n").starts_with("u.csv:3: the password"));
  BOOST_TEST(fault_of("a,j:oe,1\n").starts_with("u.csv:1: a user's name can't hold a colon"));
  BOOST_TEST(fault_of("a,joe,1,\"users\n").starts_with("u.csv:1: a quote that is not closed"));
  BOOST_TEST(fault_of("a,j\"oe,1\n").starts_with("u.csv:1: a quote inside"));
  BOOST_TEST(fault_of("a,\"joe\"x,1\n").starts_with("u.csv:1: text after"));
  BOOST_TEST(fault_of(std::string_view("a,j\0e,1\n", 8)) == "u.csv:1: a NUL");
}

BOOST_AUTO_TEST_CASE(is_written_so_that_it_reads_back_and_only_its_owner_can) {
  const pintle::test::TempDirectory directory;
  const auto file = directory.path() / "users.csv";
  const std::vector<User> users = {{"p,\"1", "joe", "1", {"a", "b"}}, {" x", "ann", "", {}}};
  const mode_t before = ::umask(0);

  const auto written = write_users(file, users);

  ::umask(before);
  BOOST_REQUIRE(written.ok());
  BOOST_TEST(test::mode_of(file) == 0600U);
  const auto read = read_users(file);
  BOOST_REQUIRE(read.ok());
  BOOST_TEST(read.value()[0].password == "p,\"1");
  BOOST_TEST(read.value()[0].groups.size() == 2U);
  BOOST_TEST(read.value()[1].password == " x");
}

BOOST_AUTO_TEST_CASE(is_not_written_with_users_that_would_not_read_back) {
  const pintle::test::TempDirectory directory;
  const auto file = directory.path() / "users.csv";

  BOOST_TEST(!write_users(file, {{"secret", "j:oe", "1", {}}}).ok());
  BOOST_TEST(!write_users(file, {{"a", "joe", "1", {}}, {"b", "joe", "2", {}}}).ok());
  BOOST_TEST(!std::filesystem::exists(file));
}

BOOST_AUTO_TEST_CASE(that_is_missing_is_named) {
  const auto read = read_users("/nowhere/users.csv");

  BOOST_REQUIRE(!read.ok());
  BOOST_TEST((read.error().code == Code::kNotFound));
  BOOST_TEST(read.error().message == "can't read /nowhere/users.csv: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_password)

BOOST_AUTO_TEST_CASE(that_is_hashed_matches_itself_only_and_never_hashes_twice_alike) {
  const auto hash = hash_password("marker-secret");
  const auto other = hash_password("marker-secret");

  BOOST_REQUIRE(hash.ok());
  BOOST_TEST(is_hashed(hash.value()));
  BOOST_TEST(hash.value() != other.value());
  BOOST_TEST(password_matches(hash.value(), "marker-secret"));
  BOOST_TEST(!password_matches(hash.value(), "marker-secre"));
  BOOST_TEST(!password_matches(hash.value(), std::string("marker-secret\0x", 15)));
  BOOST_TEST(!password_matches(hash.value(), hash.value()));
}

BOOST_AUTO_TEST_CASE(hashed_with_bcrypt_elsewhere_matches) {
  // crypt_blowfish's own test vector.
  const std::string hash = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

  BOOST_TEST(password_matches(hash, "U*U"));
  BOOST_TEST(!password_matches(hash, "U*V"));
}

BOOST_AUTO_TEST_CASE(of_a_broken_hash_matches_nothing) {
  BOOST_TEST(!password_matches("$y$", ""));
  BOOST_TEST(!password_matches("$y$", "$y$"));
  BOOST_TEST(!password_matches("$2b$junk", "*0"));
}

BOOST_AUTO_TEST_CASE(that_is_plain_matches_exactly) {
  BOOST_TEST(password_matches("secret", "secret"));
  BOOST_TEST(!password_matches("secret", "secret "));
  BOOST_TEST(!password_matches("secret", ""));
}

BOOST_AUTO_TEST_CASE(that_crypt_would_cut_is_not_hashed) {
  BOOST_TEST(!hash_password(std::string("a\0b", 3)).ok());
  BOOST_TEST(!hash_password("").ok());
  BOOST_TEST(!hash_password(std::string(600, 'x')).ok());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(base_64)

BOOST_AUTO_TEST_CASE(goes_round_and_refuses_second_spellings) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba"}) {
    BOOST_TEST(parse_base64(to_base64(text)).value() == text);
    BOOST_TEST(parse_base64_url(to_base64_url(text)).value() == text);
  }
  BOOST_TEST(to_base64("fo") == "Zm8=");
  BOOST_TEST(!parse_base64("Zm8"));
  BOOST_TEST(!parse_base64("Zm9="));  // The unused bits are not zero.
  BOOST_TEST(!parse_base64("Zm8=\n"));
  BOOST_TEST(!parse_base64("Z==="));
  BOOST_TEST(!parse_base64_url("Zm8="));
  BOOST_TEST(!parse_base64_url("Zm+/"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::auth
