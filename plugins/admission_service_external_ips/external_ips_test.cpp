// Which Services may name external addresses.

#include "plugins/admission_service_external_ips/external_ips.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/admission_caller.hpp"

namespace pintle::admission_service_external_ips {
namespace {

struct Cluster {
  test::FakeHost host;
  test::AdmissionCaller server{host};
  std::unique_ptr<ExternalIps> plugin = ExternalIps::make(host.host(), JsonObject()).value();

  static Json service(const std::string& addresses) {
    return test::json(R"({"metadata":{"name":"a"},"spec":{"externalIPs":)" + addresses + "}}");
  }
  std::string created(const std::string& addresses) {
    return server.refusal({.resource = "services"}, service(addresses));
  }
  std::string changed(const std::string& from, const std::string& to) {
    const Json old_service = service(from);
    return server.refusal({.operation = "UPDATE", .resource = "services"}, service(to),
                          &old_service);
  }
};

BOOST_FIXTURE_TEST_SUITE(a_service, Cluster)

BOOST_AUTO_TEST_CASE(may_not_claim_an_external_address) {
  const std::string refusal = "Use of external IPs is denied by admission control.";

  BOOST_TEST(created(R"(["1.2.3.4"])") == refusal);
  BOOST_TEST(changed("[]", R"(["1.2.3.4"])") == refusal);
  BOOST_TEST(changed(R"(["1.2.3.4"])", R"(["1.2.3.4","1.2.3.5"])") == refusal);
}

BOOST_AUTO_TEST_CASE(may_keep_and_give_up_what_it_has) {
  BOOST_TEST(changed(R"(["1.2.3.4","1.2.3.5"])", R"(["1.2.3.5"])") == "");
  BOOST_TEST(changed(R"(["1.2.3.4"])", R"(["1.2.3.4"])") == "");
}

BOOST_AUTO_TEST_CASE(without_external_addresses_goes_through) {
  BOOST_TEST(created("[]") == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_service_external_ips
