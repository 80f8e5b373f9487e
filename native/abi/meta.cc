#include "meta.h"

#include <charconv>
#include <cstdio>

namespace interproc::abi {
namespace {

constexpr int kDeepest = 64;

// Reads over JSON. Every function is false where the text is none.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t position() const { return position_; }
  void skip_space() {
    while (position_ < text_.size() && std::string_view(" \t\r\n").find(text_[position_]) != std::string_view::npos)
      ++position_;
  }
  bool take(char wanted) {
    skip_space();
    if (position_ >= text_.size() || text_[position_] != wanted) return false;
    ++position_;
    return true;
  }
  bool string(std::string_view& raw) {
    if (!take('"')) return false;
    const std::size_t first = position_;
    for (; position_ < text_.size(); ++position_) {
      if (text_[position_] == '\\') {
        ++position_;
      } else if (text_[position_] == '"') {
        raw = text_.substr(first, position_ - first);
        ++position_;
        return true;
      }
    }
    return false;
  }
  bool value(int depth = 0) {
    skip_space();
    if (position_ >= text_.size() || depth > kDeepest) return false;
    std::string_view ignored;
    switch (text_[position_]) {
      case '"':
        return string(ignored);
      case '{':
        return container('}', true, depth);
      case '[':
        return container(']', false, depth);
      default:
        return word();
    }
  }

 private:
  bool container(char end, bool keyed, int depth) {
    ++position_;
    if (take(end)) return true;
    do {
      std::string_view key;
      if (keyed && !(string(key) && take(':'))) return false;
      if (!value(depth + 1)) return false;
    } while (take(','));
    return take(end);
  }
  // A number, true, false or null.
  bool word() {
    const std::size_t first = position_;
    while (position_ < text_.size() &&
           std::string_view(" \t\r\n,]}\":[{").find(text_[position_]) == std::string_view::npos)
      ++position_;
    return position_ > first;
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string handle_text(std::string_view kind, std::string_view name) {
  return "{\"interproc\":1,\"kind\":" + quoted(kind) + ",\"name\":" + quoted(name) + "}";
}

std::string handle_text(std::string_view kind, std::string_view name, std::uint32_t end) {
  return "{\"interproc\":1,\"kind\":" + quoted(kind) + ",\"name\":" + quoted(name) + ",\"end\":" + std::to_string(end) +
         "}";
}

std::optional<std::string_view> member(std::string_view object, std::string_view key) {
  Scanner scanner(object);
  if (!scanner.take('{') || scanner.take('}')) return std::nullopt;
  do {
    std::string_view found;
    if (!scanner.string(found) || !scanner.take(':')) return std::nullopt;
    scanner.skip_space();
    const std::size_t first = scanner.position();
    if (!scanner.value()) return std::nullopt;
    if (found == key) return object.substr(first, scanner.position() - first);
  } while (scanner.take(','));
  return std::nullopt;
}

std::optional<std::string_view> text_member(std::string_view object, std::string_view key) {
  const auto raw = member(object, key);
  if (!raw || raw->size() < 2 || raw->front() != '"' || raw->find('\\') != std::string_view::npos) return std::nullopt;
  return raw->substr(1, raw->size() - 2);
}

std::optional<std::uint64_t> number_member(std::string_view object, std::string_view key) {
  const auto raw = member(object, key);
  std::uint64_t value = 0;
  if (!raw) return std::nullopt;
  const auto [end, error] = std::from_chars(raw->data(), raw->data() + raw->size(), value);
  if (error != std::errc() || end != raw->data() + raw->size()) return std::nullopt;
  return value;
}

bool is_true(std::string_view object, std::string_view key) { return member(object, key) == "true"; }

}  // namespace interproc::abi
