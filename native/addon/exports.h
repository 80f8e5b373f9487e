// Each file of this folder adds the functions of one idea to the binding.
#pragma once

#include <node_api.h>

namespace interproc::addon {

void export_objects(napi_env env, napi_value exports);
void export_queue(napi_env env, napi_value exports);
void export_priority_queue(napi_env env, napi_value exports);
void export_pipe(napi_env env, napi_value exports);
void export_loans(napi_env env, napi_value exports);
void export_locks(napi_env env, napi_value exports);
void export_semaphore(napi_env env, napi_value exports);
void export_sync(napi_env env, napi_value exports);
void export_waiting(napi_env env, napi_value exports);
void export_look(napi_env env, napi_value exports);
void export_memory(napi_env env, napi_value exports);
void export_process(napi_env env, napi_value exports);
void export_signals(napi_env env, napi_value exports);
void export_socket(napi_env env, napi_value exports);
void export_check(napi_env env, napi_value exports);

// Whether a signal with a JavaScript listener has come that neither a wait nor the event loop has delivered yet.
bool signal_arrived();

}  // namespace interproc::addon
