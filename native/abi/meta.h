// The creation options that a segment carries as JSON, and handles, which are JSON too: enough of it to write what
// Node.js writes and to read single members. What is read may come from anybody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace interproc::abi {

// A JSON string with its quotes.
std::string quoted(std::string_view text);

// {"interproc":1,"kind":...,"name":...}
std::string handle_text(std::string_view kind, std::string_view name);
std::string handle_text(std::string_view kind, std::string_view name, std::uint32_t end);

// The text of a member of a JSON object, as it stands there; nothing where it is not there or the text is no object.
std::optional<std::string_view> member(std::string_view object, std::string_view key);
// The same for a member that is a string without escapes (names and kinds have none), an integer, or `true`.
std::optional<std::string_view> text_member(std::string_view object, std::string_view key);
std::optional<std::uint64_t> number_member(std::string_view object, std::string_view key);
bool is_true(std::string_view object, std::string_view key);

}  // namespace interproc::abi
