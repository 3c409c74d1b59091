// Reads ELF by hand: the dynamic linker would run constructors before anything could be refused.
//
// Source: elf(5); sudo and containerd check their plugins' owners in the same way.

#include "core/loader/trust.hpp"

#include <cerrno>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace pintle::loader {
namespace {

constexpr std::string_view kSymbol = "pintle_plugin_v1";

Error refused(Code code, const std::filesystem::path& path, const std::string& why) {
  return {code, path.string() + ": " + why};
}

Result<void> check_owner(const std::filesystem::path& path, const struct stat& status,
                         bool sticky_is_fine) {
  if (status.st_uid != 0) {
    return refused(Code::kForbidden, path,
                   "is owned by user " + std::to_string(status.st_uid) +
                       ", not by root; `chown root " + path.string() + "` if you trust it");
  }
  const bool sticky = sticky_is_fine && (status.st_mode & S_ISVTX) != 0;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky) {
    return refused(Code::kForbidden, path,
                   "can be written by others; `chmod go-w " + path.string() + "` if you trust it");
  }
  return {};
}

Result<void> check_parents(const std::filesystem::path& path) {
  for (auto folder = path.parent_path();; folder = folder.parent_path()) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) {
      return refused(Code::kNotFound, folder, std::strerror(errno));
    }
    PINTLE_TRY_STATUS(check_owner(folder, status, /*sticky_is_fine=*/true));
    if (folder == folder.root_path()) {
      return {};
    }
  }
}

/// Bounded reads out of a file.
class ElfReader {
 public:
  explicit ElfReader(int fd) : fd_(fd) {}

  bool read(std::uint64_t offset, void* to, std::size_t size) const {
    return ::pread(fd_, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
  }
  template <typename T>
  std::vector<T> read_table(std::uint64_t offset, std::uint64_t bytes) const {
    constexpr std::uint64_t kMostBytes = 64 * 1024 * 1024;
    std::vector<T> table;
    if (bytes <= kMostBytes) {
      table.resize(bytes / sizeof(T));
      if (!read(offset, table.data(), table.size() * sizeof(T))) {
        table.clear();
      }
    }
    return table;
  }

 private:
  int fd_;
};

/// Where the bytes that load at `address` lie in the file; 0 if nowhere.
std::uint64_t offset_of(const std::vector<Elf64_Phdr>& segments, std::uint64_t address) {
  for (const auto& segment : segments) {
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
        address < segment.p_vaddr + segment.p_filesz) {
      return segment.p_offset + (address - segment.p_vaddr);
    }
  }
  return 0;
}

/// The address of the symbol, from the dynamic symbol table's section; 0 if it is not there.
std::uint64_t address_of_symbol(const ElfReader& elf, const Elf64_Ehdr& head) {
  const auto sections =
      elf.read_table<Elf64_Shdr>(head.e_shoff, std::uint64_t{head.e_shnum} * sizeof(Elf64_Shdr));
  for (const auto& section : sections) {
    if (section.sh_type != SHT_DYNSYM || section.sh_link >= sections.size()) {
      continue;
    }
    const auto& texts = sections[section.sh_link];
    const auto names = elf.read_table<char>(texts.sh_offset, texts.sh_size);
    for (const auto& symbol : elf.read_table<Elf64_Sym>(section.sh_offset, section.sh_size)) {
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_name + kSymbol.size() >= names.size()) {
        continue;
      }
      const std::string_view name(&names[symbol.st_name], kSymbol.size() + 1);
      if (name == std::string_view("pintle_plugin_v1\0", kSymbol.size() + 1)) {
        return symbol.st_value;
      }
    }
  }
  return 0;
}

}  // namespace

Result<TrustedFile> open_trusted(const std::filesystem::path& path) {
  TrustedFile file{.fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK),
                   .path = path};
  if (file.fd < 0) {
    if (errno == ENOENT) {
      return refused(Code::kNotFound, path, "there is no such plugin file");
    }
    return refused(Code::kForbidden, path,
                   errno == ELOOP ? "is a symbolic link; put the file itself there"
                                  : std::string("can't be opened: ") + std::strerror(errno));
  }
  struct stat status {};
  ::fstat(file.fd, &status);
  auto checked = S_ISREG(status.st_mode)
                     ? check_owner(path, status, /*sticky_is_fine=*/false)
                     : Result<void>(refused(Code::kForbidden, path, "is no regular file"));
  if (checked.ok()) {
    checked = check_parents(std::filesystem::absolute(path));
  }
  if (!checked.ok()) {
    ::close(file.fd);
    return std::move(checked).error();
  }
  return file;
}

Result<std::uint32_t> read_abi(const TrustedFile& file) {
  const ElfReader elf(file.fd);
  Elf64_Ehdr head{};
  if (!elf.read(0, &head, sizeof head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
      head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_type != ET_DYN ||
      head.e_phentsize != sizeof(Elf64_Phdr) || head.e_shentsize != sizeof(Elf64_Shdr)) {
    return refused(Code::kInvalid, file.path, "is no shared library of this machine");
  }
  const auto address = address_of_symbol(elf, head);
  if (address == 0) {
    return refused(Code::kInvalid, file.path,
                   "has no symbol pintle_plugin_v1, so it is no plugin; see PINTLE_PLUGIN in the "
                   "sdk");
  }
  const auto segments =
      elf.read_table<Elf64_Phdr>(head.e_phoff, std::uint64_t{head.e_phnum} * sizeof(Elf64_Phdr));
  std::uint32_t abi = 0;
  const auto offset = offset_of(segments, address);
  if (offset == 0 || !elf.read(offset, &abi, sizeof abi)) {
    return refused(Code::kInvalid, file.path, "pintle_plugin_v1 is not in its data");
  }
  return abi;
}

}  // namespace pintle::loader
