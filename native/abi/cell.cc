// Values and arrays.
#include "memory/cell.h"

#include "opening.h"

using namespace interproc;
using namespace interproc::abi;

namespace {

// "l" and "q" are two names for one type where long has 64 bits, which the layout takes for granted; and so "L" and
// "Q".
bool same_type(std::string_view one, std::string_view other) {
  const auto plain = [](std::string_view type) { return type == "l" ? "q" : type == "L" ? "Q" : type; };
  return plain(one) == plain(other);
}

// A typecode as a JSON string; a struct's fields are JSON already.
std::string type_text(const char* type) { return type[0] == '{' ? type : quoted(type); }

// What a cell says of itself.
struct Shape {
  std::string_view type;
  std::uint64_t length = 0;
};

ip_status shape_of(const Record& record, Shape& out) {
  const auto type = member(record.meta, "type");
  const auto length = number_member(record.meta, "length");
  if (!type || !length || *length > record.data_bytes || (*length != 0 && record.data_bytes % *length != 0))
    return fail(IP_CORRUPT, "the type or length of '" + record.name + "' does not fit its memory");
  out.type = *type;
  if (out.type.size() >= 2 && out.type.front() == '"') out.type = out.type.substr(1, out.type.size() - 2);
  out.length = *length;
  return IP_OK;
}

ip_status make_cell(std::uint32_t how, const ip_options* options, const ip_cell* cell, const char* kind,
                    ip_object* out) {
  const ip_cell given = cell != nullptr ? *cell : ip_cell{};
  const bool creates = how != IP_OPEN;
  if (creates && (given.type == nullptr || given.type[0] == '\0' || given.size == 0))
    return fail(IP_INVALID, "a type and its size are needed to create");
  if (given.size != 0 && given.length > (std::uint64_t{1} << 47) / given.size)
    return fail(IP_INVALID, "so many elements fit nowhere");
  const std::uint64_t bytes = given.length * given.size;
  if (given.initial_bytes > bytes || (given.initial_bytes > 0 && given.initial == nullptr))
    return fail(IP_INVALID, "there are more initial bytes than memory");
  std::string meta;
  if (creates) {
    meta = std::string("{\"kind\":") + quoted(kind) + ",\"type\":" + type_text(given.type) +
           ",\"length\":" + std::to_string(given.length) + ",\"lock\":" + (given.lock != 0 ? "true" : "false") + "}";
  }
  Creation creation;
  if (const ip_status status = read_options(how, options, std::move(meta), creation); status != IP_OK) return status;
  const Creator<Cell> create = [&](const Creation& plan, std::unique_ptr<Cell>& made) {
    const std::span initial(static_cast<const std::byte*>(given.initial), given.initial_bytes);
    return Cell::create(plan.name, bytes, plan.core, made, initial);
  };
  // Before anything is touched: a wrong type or size is refused.
  const Check check = [&](const Record& record, SharedObject&) -> ip_status {
    Shape has;
    if (const ip_status status = shape_of(record, has); status != IP_OK) return status;
    if (given.type != nullptr && !same_type(has.type, given.type)) return refuse_options(record.name, "type");
    if (given.length != 0 && has.length != given.length) return refuse_options(record.name, "length");
    if (given.size != 0 && has.length * given.size != record.data_bytes) return refuse_options(record.name, "size");
    return IP_OK;
  };
  return make_object<Cell>(how, creation, IPC_KIND_CELL, kind, create, check, out);
}

std::shared_ptr<Record> cell_record(ip_object number, ip_status& status) {
  auto record = record_of(number, status);
  if (record && (!record->mapping || record->data_offset == 0)) {
    status = fail(IP_INVALID, "the object is no value and no array");
    return nullptr;
  }
  return record;
}

}  // namespace

ip_status ip_value(uint32_t how, const ip_options* options, const ip_cell* cell, ip_object* out) {
  if (how != IP_OPEN && (cell == nullptr || cell->length != 1)) return fail(IP_INVALID, "a value has one element");
  return make_cell(how, options, cell, "value", out);
}

ip_status ip_array(uint32_t how, const ip_options* options, const ip_cell* cell, ip_object* out) {
  return make_cell(how, options, cell, "array", out);
}

ip_status ip_cell_memory(ip_object number, void** at, size_t* bytes, uint64_t* length) {
  ip_status status = IP_OK;
  const auto record = cell_record(number, status);
  if (!record) return status;
  Shape shape;
  if (status = shape_of(*record, shape); status != IP_OK) return status;
  if (at != nullptr) *at = record->mapping->base + record->data_offset;
  if (bytes != nullptr) *bytes = record->data_bytes;
  if (length != nullptr) *length = shape.length;
  return IP_OK;
}

ip_status ip_cell_type(ip_object number, char* text, size_t capacity, size_t* needed) {
  ip_status status = IP_OK;
  const auto record = cell_record(number, status);
  if (!record) return status;
  Shape shape;
  if (status = shape_of(*record, shape); status != IP_OK) return status;
  return copy_out(shape.type, text, capacity, needed);
}
