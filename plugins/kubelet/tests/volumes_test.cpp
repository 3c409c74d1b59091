// Volumes: files that change at once, paths that stay inside, folders that go and spare the rest.

#include "plugins/kubelet/volumes/volumes.hpp"

#include <fcntl.h>
#include <fstream>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "plugins/kubelet/container_spec.hpp"
#include "plugins/kubelet/files.hpp"
#include "plugins/kubelet/security.hpp"
#include "plugins/kubelet/tests/support.hpp"
#include "plugins/kubelet/volumes/subpath.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/temp_directory.hpp"

namespace pintle::kubelet {
namespace {

namespace fs = std::filesystem;

struct Place {
  pintle::test::TempDirectory directory;
  fs::path root = directory.path();

  std::string text(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

BOOST_FIXTURE_TEST_SUITE(a_volume_of_files, Place)

BOOST_AUTO_TEST_CASE(shows_them_by_name) {
  BOOST_TEST(write_volume_files(root, {{"a", {"1", 0644}}, {"b/c", {"2", 0600}}}, {}).value());

  BOOST_TEST(text(root / "a") == "1");
  BOOST_TEST(text(root / "b/c") == "2");
  struct stat about {};
  BOOST_REQUIRE(::stat((root / "b/c").c_str(), &about) == 0);
  BOOST_TEST((about.st_mode & 0777) == 0600U);
}

BOOST_AUTO_TEST_CASE(changes_at_once_and_only_when_it_must) {
  BOOST_TEST(write_volume_files(root, {{"a", {"1", 0644}}, {"old", {"x", 0644}}}, {}).value());
  BOOST_TEST(!write_volume_files(root, {{"a", {"1", 0644}}, {"old", {"x", 0644}}}, {}).value());
  BOOST_TEST(write_volume_files(root, {{"a", {"2", 0644}}}, {}).value());

  BOOST_TEST(text(root / "a") == "2");
  BOOST_TEST(!fs::exists(fs::symlink_status(root / "old")));
  // One dated folder, the link to it, one file.
  BOOST_TEST(std::distance(fs::directory_iterator(root), fs::directory_iterator()) == 3);
}

BOOST_AUTO_TEST_CASE(refuses_paths_that_lead_out) {
  for (const auto* path : {"../x", "/x", "a/../../x", "..data/x", ""}) {
    BOOST_TEST(!write_volume_files(root, {{path, {"1", 0644}}}, {}).ok(), path);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_folder_that_goes, Place)

// T-K07
BOOST_AUTO_TEST_CASE(spares_what_its_links_point_at) {
  fs::create_directories(root / "sentinel");
  std::ofstream(root / "sentinel/file") << "x";
  fs::create_directories(root / "pod/volumes");
  fs::create_directory_symlink(root / "sentinel", root / "pod/volumes/link");

  BOOST_TEST(remove_tree(root / "pod").ok());

  BOOST_TEST(!fs::exists(root / "pod"));
  BOOST_TEST(fs::exists(root / "sentinel/file"));
}

// T-K07
BOOST_AUTO_TEST_CASE(spares_what_is_mounted_in_it) {
  fs::create_directories(root / "pod/mounted");
  if (::mount("tmpfs", (root / "pod/mounted").c_str(), "tmpfs", 0, nullptr) != 0) {
    BOOST_TEST_MESSAGE("skipped: needs the right to mount");
    return;
  }
  std::ofstream(root / "pod/mounted/file") << "x";

  const auto removed = remove_tree(root / "pod");

  BOOST_TEST(!removed.ok());
  BOOST_TEST(fs::exists(root / "pod/mounted/file"));
  BOOST_TEST(unmount_under(root / "pod").ok());
  BOOST_TEST(remove_tree(root / "pod").ok());
}

BOOST_AUTO_TEST_CASE(may_be_gone_already) {
  BOOST_TEST(remove_tree(root / "none").ok());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_small_file, Place)

// T-K06
BOOST_AUTO_TEST_CASE(is_not_read_through_a_link_or_from_a_pipe) {
  fs::create_symlink("/etc/passwd", root / "link");
  BOOST_REQUIRE(::mkfifo((root / "pipe").c_str(), 0600) == 0);

  BOOST_TEST(!read_file_tail(root / "link", 100).ok());
  BOOST_TEST(!read_file_tail(root / "pipe", 100).ok());
  BOOST_TEST(!read_file("/dev/zero", 100).ok());
}

BOOST_AUTO_TEST_CASE(is_read_from_its_end) {
  std::ofstream(root / "file") << "0123456789";

  BOOST_TEST(read_file_tail(root / "file", 4).value() == "6789");
  BOOST_TEST(!read_file(root / "file", 4).ok());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_subpath, Place)

// T-K01
BOOST_AUTO_TEST_CASE(never_leaves_its_volume) {
  fs::create_directories(root / "volume");
  fs::create_directory_symlink("/", root / "volume/out");
  fs::create_directory_symlink("../..", root / "volume/up");

  for (const auto* path : {"out/etc", "up", "../x", "/etc", "a/../../b"}) {
    const auto bound = bind_subpath(root / "volume", path, root / "target");
    BOOST_TEST(!bound.ok(), path);
  }
  BOOST_TEST(mounts_under(root).empty());
}

BOOST_AUTO_TEST_CASE(shows_a_part_of_its_volume) {
  fs::create_directories(root / "volume/inside");
  std::ofstream(root / "volume/inside/file") << "x";
  const auto bound = bind_subpath(root / "volume", "inside", root / "targets/t");
  if (!bound.ok() && ::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: needs the right to mount");
    return;
  }
  BOOST_REQUIRE_MESSAGE(bound.ok(), (bound.ok() ? "" : bound.error().message));

  BOOST_TEST(text(root / "targets/t/file") == "x");
  BOOST_TEST(unmount_under(root / "targets").ok());
}

BOOST_AUTO_TEST_SUITE_END()

struct WithVolumes : Place {
  pintle::test::ManualClock clock;
  pintle::test::FakeHost host;
  std::unique_ptr<Cluster> cluster = make_cluster(host.host());
  ObjectSource objects = make_object_source(cluster.get());
  PodPaths paths{root / "kubelet", root / "logs"};
  NodeFacts node;
  Volumes volumes{paths, node, objects, cluster.get(), clock};

  Result<VolumePaths> set_up(const std::string& volume) {
    return volumes.set_up(*test::pod_of("{volumes: [" + volume + "], containers: []}"));
  }
};

BOOST_FIXTURE_TEST_SUITE(volumes_of_a_pod, WithVolumes)

BOOST_AUTO_TEST_CASE(hold_what_a_config_map_holds) {
  host.put("/api/v1/namespaces/default/configmaps/conf",
           test::yaml("{kind: ConfigMap, data: {a: '1', b: '2'}}"));

  const auto made = set_up("{name: v, configMap: {name: conf, items: [{key: a, path: x/y}]}}");

  BOOST_REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().message));
  BOOST_TEST(text(fs::path(made.value().at("v")) / "x/y") == "1");
  BOOST_TEST(!fs::exists(fs::path(made.value().at("v")) / "b"));
}

BOOST_AUTO_TEST_CASE(say_which_volume_failed_and_why) {
  const auto made = set_up("{name: v, configMap: {name: none}}");

  BOOST_REQUIRE(!made.ok());
  BOOST_TEST(made.error().message ==
             "MountVolume.SetUp failed for volume \"v\" : configmap \"none\" not found");
}

BOOST_AUTO_TEST_CASE(may_be_optional) {
  BOOST_TEST(set_up("{name: v, configMap: {name: none, optional: true}}").ok());
}

BOOST_AUTO_TEST_CASE(that_are_not_supported_are_named) {
  const auto made = set_up("{name: v, nfs: {server: s, path: /}}");

  BOOST_REQUIRE(!made.ok());
  BOOST_TEST(made.error().message.find("nfs") != std::string::npos);
}

// T-N01
BOOST_AUTO_TEST_CASE(are_refused_when_a_name_would_lead_out) {
  BOOST_TEST(!set_up("{name: ../../etc, emptyDir: {}}").ok());
  BOOST_TEST(!set_up("{name: a/b, emptyDir: {}}").ok());
}

BOOST_AUTO_TEST_CASE(keep_a_host_path_to_its_type) {
  BOOST_TEST(set_up("{name: v, hostPath: {path: " + root.string() + ", type: Directory}}").ok());
  const auto made = set_up("{name: v, hostPath: {path: " + root.string() + ", type: File}}");

  BOOST_REQUIRE(!made.ok());
  BOOST_TEST(made.error().message.ends_with("hostPath type check failed: " + root.string() +
                                            " is not a file"));
}

BOOST_AUTO_TEST_CASE(go_with_the_pod) {
  BOOST_REQUIRE(set_up("{name: v, emptyDir: {}}").ok());
  BOOST_TEST(fs::exists(paths.of_pod("uid-1")));

  BOOST_TEST(volumes.tear_down("uid-1").ok());

  BOOST_TEST(!fs::exists(paths.of_pod("uid-1")));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_security_context)

Result<LinuxSecurity> security(const std::string& pod_part, const std::string& container_part,
                               const ImageInfo& image = {}) {
  const auto pod =
      test::pod_of("{securityContext: " + pod_part +
                   ", containers: [{name: a, image: i, securityContext: " + container_part + "}]}");
  return make_security(pod->json(), containers_of(pod->json())[0], image);
}

BOOST_AUTO_TEST_CASE(of_the_container_goes_before_the_pods) {
  const auto made = security("{runAsUser: 1, runAsGroup: 2, fsGroup: 9}", "{runAsUser: 3}").value();

  BOOST_TEST(made.run_as_user.value() == 3);
  BOOST_TEST(made.run_as_group.value() == 2);
  BOOST_TEST(made.supplemental_groups == (std::vector<std::int64_t>{9}),
             boost::test_tools::per_element());
}

// T-K10
BOOST_AUTO_TEST_CASE(that_forbids_root_is_kept) {
  ImageInfo named;
  named.username = "www";
  ImageInfo numbered;
  numbered.uid = 33;

  BOOST_TEST(!security("{}", "{runAsNonRoot: true}").ok());
  BOOST_TEST(!security("{}", "{runAsNonRoot: true, runAsUser: 0}").ok());
  BOOST_TEST(!security("{}", "{runAsNonRoot: true}", named).ok());
  BOOST_TEST(security("{}", "{runAsNonRoot: true}", numbered).ok());
}

BOOST_AUTO_TEST_CASE(that_cannot_be_granted_is_refused_by_name) {
  const auto made = security("{}", "{seLinuxOptions: {level: s0}}");

  BOOST_REQUIRE(!made.ok());
  BOOST_TEST(made.error().message ==
             "securityContext.seLinuxOptions is not supported by this node");
  BOOST_TEST(!security("{}", "{seccompProfile: {type: Localhost, localhostProfile: p}}").ok());
}

BOOST_AUTO_TEST_CASE(hides_parts_of_proc_unless_privileged) {
  BOOST_TEST(!security("{}", "{}").value().masked_paths.empty());
  BOOST_TEST(security("{}", "{privileged: true}").value().masked_paths.empty());
  BOOST_TEST(security("{}", "{allowPrivilegeEscalation: false}").value().no_new_privileges);
}

BOOST_AUTO_TEST_CASE(turns_resources_into_cgroup_numbers) {
  const auto pod = test::pod_of(
      "{containers: [{name: a, image: i, resources: {requests: {cpu: 250m, memory: 256Mi}, limits: "
      "{cpu: 500m, memory: 512Mi}}}]}");
  const auto made =
      make_resources(pod->json(), containers_of(pod->json())[0], 1024LL * 1024 * 1024);

  BOOST_TEST(made.cpu_shares == 256);
  BOOST_TEST(made.cpu_quota == 50'000);
  BOOST_TEST(made.memory_limit_bytes == 512LL * 1024 * 1024);
  BOOST_TEST(made.oom_score_adj == 750);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::kubelet
