#include "check/check.h"

#include "check/inspection.h"

namespace interproc {
namespace {

template <class Body>
void inspect(const Inspection& inspection, void (*body)(const Inspection&)) {
  if (inspection.view().holds<Body>()) return body(inspection);
  inspection.report("the segment ends inside its body");
}

void inspect_body(const Inspection& inspection) {
  switch (inspection.view().header().kind) {
    case IPC_KIND_QUEUE:
      return inspect<ipc_queue>(inspection, &inspect_queue);
    case IPC_KIND_PIPE:
      return inspect<ipc_pipe>(inspection, &inspect_pipe);
    case IPC_KIND_CELL:
      return inspect<ipc_cell>(inspection, &inspect_cell);
    case IPC_KIND_LOCK:
      return inspect<ipc_lock>(inspection, &inspect_lock);
    case IPC_KIND_PRIORITY_QUEUE:
      return inspect<ipc_priority_queue>(inspection, &inspect_priority_queue);
    case IPC_KIND_SEMAPHORE:
      return inspect<ipc_semaphore>(inspection, &inspect_semaphore);
    case IPC_KIND_EVENT:
      return inspect<ipc_event>(inspection, &inspect_event);
    case IPC_KIND_CONDITION:
      return inspect<ipc_condition>(inspection, &inspect_condition);
    case IPC_KIND_BARRIER:
      return inspect<ipc_barrier>(inspection, &inspect_barrier);
    default:
      return inspection.report("the segment is of no kind (%u)", inspection.view().header().kind);
  }
}

}  // namespace

Status find_violations(std::string_view name, Moment moment, std::vector<std::string>& violations) {
  std::unique_ptr<SegmentView> view;
  if (Status s = SegmentView::open(name, view); !s.ok()) return s;
  const Inspection inspection(*view, moment, violations);
  inspection.participants();
  inspect_body(inspection);
  return {};
}

}  // namespace interproc
