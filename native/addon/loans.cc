// Loans: a buffer on a run of pages for each, which dies with the loan and not with the mapping.
#include "exports.h"
#include "results.h"

namespace interproc::addon {
namespace {

// What there is to say of a loan besides its buffer. JavaScript reads it from the table of lengths.
void describe(const Environment& environment, const Channel::LoanTaken& what, std::uint32_t number_of) {
  const auto table = lengths(environment, 4);
  if (table.size() < 4) return;
  table[0] = static_cast<std::uint32_t>(what.length);
  table[1] = static_cast<std::uint32_t>(what.copied);
  table[2] = what.encoded ? 1 : 0;
  table[3] = number_of;
}

// A buffer over the loan, which the environment keeps from now on.
napi_value keep(Environment& environment, std::uint32_t id, Loan&& loan, Channel::LoanTaken what) {
  const napi_env env = environment.env();
  // The buffer shares the mapping: who still has a view of a loan that is over reads old bytes, not unmapped ones.
  auto* share = new std::shared_ptr<Mapping>(loan.mapping());
  const auto release = [](napi_env, void*, void* hint) { delete static_cast<std::shared_ptr<Mapping>*>(hint); };
  const auto bytes = loan.bytes();
  napi_value buffer = nullptr;
  if (napi_create_external_buffer(env, bytes.size(), bytes.data(), release, share, &buffer) != napi_ok) {
    // What throws has taken `share` along (a buffer beyond V8's limit); what only refuses has not.
    bool pending = false;
    napi_is_exception_pending(env, &pending);
    if (pending) return nullptr;
    delete share;
    napi_throw_error(env, "ERR_NO_EXTERNAL_BUFFERS", "this runtime does not allow views on shared memory");
    return nullptr;
  }
  const std::uint32_t number_of = ++environment.last_loan;
  environment.loans(id).emplace(number_of, std::move(loan));
  describe(environment, what, number_of);
  return buffer;
}

napi_value lent(Environment& environment, std::uint32_t id, const SharedObject& object, Status status, Loan&& loan) {
  if (!status.ok()) return result(environment, object, status, 0);
  const std::uint64_t length = loan.bytes().size();
  return keep(environment, id, std::move(loan), {length, 0, false});
}

napi_value taken(Environment& environment, std::uint32_t id, const SharedObject& object, Status status, Loan&& loan,
                 const Channel::LoanTaken& what) {
  if (status.code == Code::kSmallBuffer) environment.needed = what.copied;
  if (!status.ok()) return result(environment, object, status, 0);
  if (loan.held()) return keep(environment, id, std::move(loan), what);
  describe(environment, what, 0);
  return integer(environment.env(), 0);
}

// The loan is over where it was published: nobody writes to what the receiver may be reading.
napi_value published(Environment& environment, std::uint32_t id, const SharedObject& object, Status status,
                     std::uint32_t number_of, napi_value view) {
  if (status.ok()) {
    napi_detach_arraybuffer(environment.env(), view);
    environment.loans(id).erase(number_of);
  }
  return result(environment, object, status, 1);
}

Loan* find(Environment& environment, std::uint32_t id, std::uint32_t number_of) {
  auto& loans = environment.loans(id);
  const auto found = loans.find(number_of);
  if (found != loans.end()) return &found->second;
  environment.fail({Code::kClosed}, {});
  return nullptr;
}

napi_value queue_lend(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0);
  const std::uint64_t bytes = call.u64(1);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  Loan loan;
  const Status status = queue->lend(bytes, loan);
  return lent(environment, id, *queue, status, std::move(loan));
}

napi_value queue_take(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  Loan loan;
  Channel::LoanTaken what;
  const Status status = queue->get_loan(environment.receive.bytes(), loan, what);
  return taken(environment, id, *queue, status, std::move(loan), what);
}

napi_value queue_put(napi_env env, napi_callback_info info) {
  Call<5> call(env, info);
  const std::uint32_t id = call.u32(0), number_of = call.u32(1);
  const auto meta = call.bytes(3);
  const bool insist = call.boolean(4);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  Loan* loan = find(environment, id, number_of);
  if (loan == nullptr) return nullptr;
  return published(environment, id, *queue, queue->put_loan(*loan, meta, insist), number_of, call.value(2));
}

napi_value pipe_lend(napi_env env, napi_callback_info info) {
  Call<3> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1;
  const std::uint64_t bytes = call.u64(2);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Pipe* pipe = environment.get<Pipe>(id);
  if (pipe == nullptr) return nullptr;
  Loan loan;
  const Status status = pipe->lend(end, bytes, loan);
  return lent(environment, id, *pipe, status, std::move(loan));
}

napi_value pipe_take(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1;
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Pipe* pipe = environment.get<Pipe>(id);
  if (pipe == nullptr) return nullptr;
  Loan loan;
  Channel::LoanTaken what;
  const Status status = pipe->receive_loan(end, environment.receive.bytes(), loan, what);
  return taken(environment, id, *pipe, status, std::move(loan), what);
}

napi_value pipe_send(napi_env env, napi_callback_info info) {
  Call<5> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1, number_of = call.u32(2);
  const auto meta = call.bytes(4);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Pipe* pipe = environment.get<Pipe>(id);
  if (pipe == nullptr) return nullptr;
  Loan* loan = find(environment, id, number_of);
  if (loan == nullptr) return nullptr;
  return published(environment, id, *pipe, pipe->send_loan(end, *loan, meta), number_of, call.value(3));
}

// Nothing more where the object is closed: its loans went before it.
napi_value release(napi_env env, napi_callback_info info) {
  Call<3> call(env, info);
  const std::uint32_t id = call.u32(0), number_of = call.u32(1);
  if (!call.valid()) return nullptr;
  // Whether there is a view to be emptied, and whether it has been: neither is an error.
  napi_detach_arraybuffer(env, call.value(2));
  Environment& environment = Environment::of(env);
  if (environment.has(id)) environment.loans(id).erase(number_of);
  return nullptr;
}

}  // namespace

void export_loans(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"queueLend", queue_lend},   {"queueTakeLoan", queue_take}, {"queuePutLoan", queue_put}, {"pipeLend", pipe_lend},
      {"pipeTakeLoan", pipe_take}, {"pipeSendLoan", pipe_send},   {"loanRelease", release},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
