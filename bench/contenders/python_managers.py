"""Python's managers: a dictionary in a server process."""

from multiprocessing.managers import SyncManager

from python_rounds import end_with_parent, serve, time_parts


def manager_calls(data):
    address = ("127.0.0.1", 0) if data["tcp"] else None
    manager = SyncManager(address, b"of this benchmark")
    manager.start(end_with_parent)
    proxy = manager.dict({"k": 1})
    serve(lambda request: time_parts(request["parts"], lambda _part: lambda: proxy.get("k")))
