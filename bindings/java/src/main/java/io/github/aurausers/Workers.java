package io.github.aurausers;

import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The daemon threads that complete futures. They run the program's dependent stages, which may wait.
 * So a task takes an idle thread or starts one. If no thread can start, the task waits for one of the
 * others.
 */
final class Workers {
  /** Less than systems commonly allow a process or a container. */
  private static final int MOST = 4096;

  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final Workers ALL = new Workers(MOST);

  private final Tasks tasks = new Tasks();
  private final ThreadPoolExecutor pool;

  Workers(int most) {
    pool =
        new ThreadPoolExecutor(
            0,
            most,
            10,
            TimeUnit.SECONDS,
            tasks,
            Workers::thread,
            (task, full) -> tasks.keep(task));
  }

  /** Runs a task on a thread of this package. */
  static void run(Runnable task) {
    ALL.execute(task);
  }

  void execute(Runnable task) {
    try {
      pool.execute(task);
    } catch (OutOfMemoryError e) { // the system refuses another thread
      tasks.keep(task);
    }
  }

  private static Thread thread(Runnable tasks) {
    String name = "aura-users-" + NAMES.incrementAndGet();
    Thread thread = new Thread(null, tasks, name, 0, false);
    thread.setDaemon(true);
    // That of the common pool. The thread must not keep the class loader of its first task alive.
    thread.setContextClassLoader(ClassLoader.getSystemClassLoader());
    return thread;
  }

  /** The pool offers each task. It starts a thread if no idle one takes the task. */
  private static final class Tasks extends LinkedTransferQueue<Runnable> {
    private static final long serialVersionUID = 1L;

    @Override
    public boolean offer(Runnable task) {
      return tryTransfer(task);
    }

    void keep(Runnable task) {
      super.offer(task);
    }
  }
}
