/*
 * Two processes and a queue: a parent hands out numbers, a child sums them into a shared value.
 *
 *   cc workers.c $(pkg-config --cflags --libs interproc) -o workers && ./workers
 */
#include <interproc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void need(ip_status status) {
  if (status == IP_OK) return;
  fprintf(stderr, "%s\n", ip_last_message());
  exit(1);
}

/* A forked child opens what it needs by its handle: its parent's numbers are not its own. */
static int child(const char *queue_handle, const char *sum_handle) {
  ip_object queue, sum;
  need(ip_attach(queue_handle, &queue));
  need(ip_attach(sum_handle, &sum));
  void *at;
  need(ip_cell_memory(sum, &at, NULL, NULL));
  for (;;) {
    int64_t number;
    size_t length;
    ip_status status = ip_queue_get(queue, &number, sizeof number, &length, -1, 0);
    if (status == IP_SHUT_DOWN) return 0;
    need(status);
    need(ip_lock_acquire(sum, -1, NULL));
    *(int64_t *)at += number;
    need(ip_lock_release(sum));
  }
}

int main(void) {
  ip_object queue, sum;
  const int64_t zero = 0;
  const ip_cell cell = {"q", 1, sizeof zero, &zero, sizeof zero, 1};
  need(ip_queue(IP_CREATE, NULL, NULL, IP_QUEUE, &queue));
  need(ip_value(IP_CREATE, NULL, &cell, &sum));
  char queue_handle[512], sum_handle[512];
  need(ip_handle(queue, queue_handle, sizeof queue_handle, NULL));
  need(ip_handle(sum, sum_handle, sizeof sum_handle, NULL));

  pid_t pid = fork();
  if (pid == 0) return child(queue_handle, sum_handle);
  for (int64_t number = 1; number <= 1000; ++number) need(ip_queue_put(queue, &number, sizeof number, -1, 0));
  need(ip_queue_shut_down(queue, 0));
  int code;
  waitpid(pid, &code, 0);

  void *at;
  need(ip_cell_memory(sum, &at, NULL, NULL));
  printf("the sum of 1 to 1000 is %lld\n", (long long)*(int64_t *)at);
  need(ip_close(sum));
  need(ip_close(queue));
  return code == 0 ? 0 : 1;
}
