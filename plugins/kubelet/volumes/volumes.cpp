// Sets up each kind of volume; takes a pod's folder down without crossing into what is not its own.

#include "plugins/kubelet/volumes/volumes.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/concat.hpp"
#include "core/object/quantity.hpp"
#include "plugins/kubelet/files.hpp"
#include "plugins/kubelet/security.hpp"

namespace pintle::kubelet {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kDefaultMode = 0644;

mode_t mode_at(const Json& object, std::string_view key, mode_t otherwise) {
  const auto mode = integer_at(object, {key});
  return mode && *mode >= 0 && *mode <= 0777 ? static_cast<mode_t>(*mode) : otherwise;
}

bool is_optional(const Json& source) {
  const auto* flag = find_member(source, "optional");
  return flag != nullptr && flag->is_bool() && flag->as_bool();
}

bool is_mount(const fs::path& path) {
  struct stat here {};
  struct stat above {};
  return ::stat(path.c_str(), &here) == 0 && ::stat(path.parent_path().c_str(), &above) == 0 &&
         here.st_dev != above.st_dev;
}

Result<void> give_to_group(const fs::path& folder, std::int64_t group) {
  if (::chown(folder.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(group)) != 0) {
    return errno_error("chown", folder);
  }
  if (::chmod(folder.c_str(), S_ISGID | 0777) != 0) {
    return errno_error("chmod", folder);
  }
  return {};
}

/// An empty folder of its own file system in memory.
Result<void> mount_memory(const fs::path& folder, const Json& empty_dir) {
  if (is_mount(folder)) {
    return {};
  }
  std::string options = "mode=0777";
  const auto limit = parse_quantity(text_at(empty_dir, {"sizeLimit"}));
  if (limit && !limit.value().is_zero()) {
    options += ",size=" + std::to_string(limit.value().units());
  }
  if (::mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    return errno_error("mount tmpfs at", folder);
  }
  return {};
}

/// Adds the keys that `items` pick, or all.
Result<void> add_keys(VolumeFiles& files, const Json& object, const Json& source, mode_t mode,
                      std::string_view what) {
  const auto& items = array_at(source, {"items"});
  if (items.empty()) {
    for (const auto* part : {"data", "binaryData"}) {
      for (const auto& [key, ignored] : object_at(object, {part})) {
        PINTLE_TRY(const auto value, value_in(object, key));
        files[std::string(key)] = {value.value_or(""), mode};
      }
    }
    return {};
  }
  for (const auto& item : items) {
    const auto key = text_at(item, {"key"});
    PINTLE_TRY(const auto value, value_in(object, key));
    if (value) {
      files[std::string(text_at(item, {"path"}))] = {*value, mode_at(item, "mode", mode)};
    } else if (!is_optional(source)) {
      return Error{Code::kInvalid, concat({what, " references non-existent config key: ", key})};
    }
  }
  return {};
}

}  // namespace

Result<VolumePaths> Volumes::set_up(const Pod& pod) {
  PINTLE_TRY_STATUS(check_pod_paths(pod));
  VolumePaths made;
  for (const auto& volume : array_at(pod.json(), {"spec", "volumes"})) {
    const std::string name(name_of(volume));
    auto path = set_up_one(pod, volume);
    if (!path) {
      return Error{path.error().code, concat({"MountVolume.SetUp failed for volume \"", name,
                                              "\" : ", path.error().message})};
    }
    made[name] = std::move(path).value();
  }
  return made;
}

bool Volumes::shows_objects(const Json& pod) {
  for (const auto& volume : array_at(pod, {"spec", "volumes"})) {
    for (const auto* kind : {"configMap", "secret", "projected", "downwardAPI"}) {
      if (find_member(volume, kind) != nullptr) {
        return true;
      }
    }
  }
  return false;
}

Result<std::string> Volumes::set_up_one(const Pod& pod, const Json& volume) {
  if (const auto* host_path = find_member(volume, "hostPath")) {
    const std::string path(text_at(*host_path, {"path"}));
    PINTLE_TRY_STATUS(check_host_path(path, text_at(*host_path, {"type"})));
    return path;
  }
  if (find_member(volume, "emptyDir") != nullptr) {
    return set_up_empty_dir(pod, volume);
  }
  for (const auto* kind : {"configMap", "secret", "projected", "downwardAPI"}) {
    if (find_member(volume, kind) != nullptr) {
      return set_up_files(pod, volume, kind);
    }
  }
  for (const auto& member : volume.as_object()) {
    if (member.key() != "name") {
      return Error{Code::kInvalid, concat({"volumes of the kind ", std::string_view(member.key()),
                                           " are not supported by this node"})};
    }
  }
  return set_up_empty_dir(pod, volume);
}

Result<std::string> Volumes::set_up_empty_dir(const Pod& pod, const Json& volume) {
  const auto folder =
      paths_.of_volumes(pod.uid) / "kubernetes.io~empty-dir" / std::string(name_of(volume));
  const bool is_new = !fs::exists(folder);
  PINTLE_TRY_STATUS(make_folders(folder.parent_path(), 0750));
  PINTLE_TRY_STATUS(make_folders(folder, 0777));
  const auto medium = text_at(volume, {"emptyDir", "medium"});
  if (medium == "Memory") {
    PINTLE_TRY_STATUS(mount_memory(folder, *find_member(volume, "emptyDir")));
  } else if (!medium.empty()) {
    return Error{Code::kInvalid,
                 concat({"emptyDir.medium ", medium, " is not supported by this node"})};
  }
  if (is_new) {
    if (::chmod(folder.c_str(), 0777) != 0) {  // Whatever the umask made of it.
      return errno_error("chmod", folder);
    }
    if (const auto group = fs_group_of(pod.json())) {
      PINTLE_TRY_STATUS(give_to_group(folder, *group));
    }
  }
  return folder.native();
}

Result<std::string> Volumes::set_up_files(const Pod& pod, const Json& volume,
                                          std::string_view kind) {
  const auto& source = *find_member(volume, kind);
  const auto mode = mode_at(source, "defaultMode", kDefaultMode);
  VolumeFiles files;
  if (kind == "projected") {
    for (const auto& part : array_at(source, {"sources"})) {
      PINTLE_TRY_STATUS(add_source(files, pod, part, mode));
    }
  } else if (kind == "downwardAPI") {
    PINTLE_TRY_STATUS(add_downward(files, pod, source, mode));
  } else {
    PINTLE_TRY_STATUS(add_object(files, pod, source, kind == "secret", mode));
  }
  const auto plugin = kind == "configMap"     ? "kubernetes.io~configmap"
                      : kind == "downwardAPI" ? "kubernetes.io~downward-api"
                      : kind == "secret"      ? "kubernetes.io~secret"
                                              : "kubernetes.io~projected";
  const auto folder = paths_.of_volumes(pod.uid) / plugin / std::string(name_of(volume));
  PINTLE_TRY_STATUS(make_folders(folder.parent_path(), 0750));
  PINTLE_TRY_STATUS(make_folders(folder, 0755));
  if (kind == "secret" || kind == "projected") {
    // Secrets stay in memory. Source: kubelet secret and projected volumes.
    PINTLE_TRY_STATUS(mount_memory(folder, JsonObject{}));
    if (::chmod(folder.c_str(), 0755) != 0) {
      return errno_error("chmod", folder);
    }
  }
  std::optional<gid_t> group;
  if (const auto wanted = fs_group_of(pod.json())) {
    group = static_cast<gid_t>(*wanted);
  }
  PINTLE_TRY_STATUS(write_volume_files(folder, files, group));
  return folder.native();
}

Result<void> Volumes::add_source(VolumeFiles& files, const Pod& pod, const Json& source,
                                 mode_t mode) {
  if (const auto* config_map = find_member(source, "configMap")) {
    return add_object(files, pod, *config_map, false, mode);
  }
  if (const auto* secret = find_member(source, "secret")) {
    return add_object(files, pod, *secret, true, mode);
  }
  if (const auto* downward = find_member(source, "downwardAPI")) {
    return add_downward(files, pod, *downward, mode);
  }
  if (const auto* token = find_member(source, "serviceAccountToken")) {
    return add_token(files, pod, *token, mode);
  }
  return Error{Code::kInvalid, concat({"the projected source ", to_json(source),
                                       " is not supported by this node"})};
}

Result<void> Volumes::add_object(VolumeFiles& files, const Pod& pod, const Json& source,
                                 bool is_secret, mode_t mode) {
  auto name = text_at(source, {is_secret ? "secretName" : "name"});
  name = name.empty() ? text_at(source, {"name"}) : name;
  const auto object = is_secret ? objects_.secret(pod.ns, name) : objects_.config_map(pod.ns, name);
  if (!object) {
    const bool may_be_missing = object.error().code == Code::kNotFound && is_optional(source);
    return may_be_missing ? Result<void>() : object.error();
  }
  return add_keys(files, object.value(), source, mode, is_secret ? "secret" : "configmap");
}

Result<void> Volumes::add_downward(VolumeFiles& files, const Pod& pod, const Json& source,
                                   mode_t mode) {
  for (const auto& item : array_at(source, {"items"})) {
    const std::string path(text_at(item, {"path"}));
    auto& file = files[path];
    file.mode = mode_at(item, "mode", mode);
    if (const auto* resource = find_member(item, "resourceFieldRef")) {
      PINTLE_TRY(file.data, resource_field(pod.json(), *resource, "", node_));
    } else {
      PINTLE_TRY(file.data,
                 pod_field(pod.json(), text_at(item, {"fieldRef", "fieldPath"}), node_, {}));
    }
  }
  return {};
}

Result<void> Volumes::add_token(VolumeFiles& files, const Pod& pod, const Json& source,
                                mode_t mode) {
  PINTLE_TRY(auto token, token_of(pod, source));
  // With a group to own it, nobody else need read it. Source: kubelet projected volume.
  const mode_t token_mode = fs_group_of(pod.json()) ? 0600 : mode;
  files[std::string(text_at(source, {"path"}))] = {std::move(token), token_mode};
  return {};
}

Result<std::string> Volumes::token_of(const Pod& pod, const Json& source) {
  if (cluster_ == nullptr) {
    return Error{Code::kServiceUnavailable, "there is no server to ask for a token"};
  }
  const auto audience = text_at(source, {"audience"});
  const auto seconds = integer_at(source, {"expirationSeconds"}).value_or(3600);
  const auto key = concat({pod.uid, "/", audience, "/", std::to_string(seconds)});
  const auto now = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    const auto known = tokens_.find(key);
    if (known != tokens_.end()) {
      const auto life = known->second.expires - known->second.issued;
      // Renewed at four fifths of its life, or after a day. Source: kubelet token manager.
      const auto renew_at =
          known->second.issued + std::min<WallTime::duration>(life * 4 / 5, std::chrono::hours{24});
      if (now < renew_at) {
        return known->second.text;
      }
    }
  }
  JsonObject spec{
      {"expirationSeconds", seconds},
      {"boundObjectRef",
       JsonObject{{"kind", "Pod"}, {"apiVersion", "v1"}, {"name", pod.name}, {"uid", pod.uid}}}};
  if (!audience.empty()) {
    spec["audiences"] = JsonArray{Json(audience)};
  }
  const auto account = text_at(pod.json(), {"spec", "serviceAccountName"});
  PINTLE_TRY(const auto answer,
             cluster_->create(concat({"/api/v1/namespaces/", pod.ns, "/serviceaccounts/",
                                      account.empty() ? "default" : account, "/token"}),
                              JsonObject{{"apiVersion", "authentication.k8s.io/v1"},
                                         {"kind", "TokenRequest"},
                                         {"spec", std::move(spec)}}));
  Token token{std::string(text_at(answer, {"status", "token"})), now,
              now + std::chrono::seconds(seconds)};
  if (token.text.empty()) {
    return Error{Code::kInternalError, "the server answered a token request without a token"};
  }
  if (const auto at = parse_rfc3339(text_at(answer, {"status", "expirationTimestamp"}))) {
    token.expires = *at;
  }
  const std::lock_guard lock(mutex_);
  return tokens_.insert_or_assign(key, std::move(token)).first->second.text;
}

Result<void> Volumes::tear_down(const std::string& uid) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(tokens_, [&](const auto& token) { return token.first.starts_with(uid + "/"); });
  }
  PINTLE_TRY_STATUS(unmount_under(paths_.of_pod(uid)));
  return remove_tree(paths_.of_pod(uid));
}

Result<void> check_host_path(const std::string& path, std::string_view type) {
  if (!path.starts_with("/")) {
    return Error{Code::kInvalid, concat({"hostPath \"", path, "\" is not absolute"})};
  }
  if (type == "DirectoryOrCreate") {
    PINTLE_TRY_STATUS(make_folders(path, 0755));
  }
  struct stat about {};
  const bool exists = ::stat(path.c_str(), &about) == 0;
  if (type == "FileOrCreate" && !exists) {
    return write_file(path, "", 0644);
  }
  if (type.empty()) {
    return {};  // The runtime makes a missing folder.
  }
  const auto is = [&](std::string_view wanted) {
    return type == wanted || type == concat({wanted, "OrCreate"});
  };
  const bool fits =
      exists &&
      ((is("Directory") && S_ISDIR(about.st_mode)) || (is("File") && S_ISREG(about.st_mode)) ||
       (is("Socket") && S_ISSOCK(about.st_mode)) || (is("CharDevice") && S_ISCHR(about.st_mode)) ||
       (is("BlockDevice") && S_ISBLK(about.st_mode)));
  if (fits) {
    return {};
  }
  const auto what = is("Directory")    ? "a directory"
                    : is("File")       ? "a file"
                    : is("Socket")     ? "a socket file"
                    : is("CharDevice") ? "a character device"
                                       : "a block device";
  return Error{Code::kInvalid, concat({"hostPath type check failed: ", path, " is not ", what})};
}

}  // namespace pintle::kubelet
