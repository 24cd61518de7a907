// SPDX-License-Identifier: MIT
//
// main.rs - tokio's tasks and channels, on its single-threaded runtime, and its
// threads for what blocks.
//
// Tasks have no stacks: a task's memory is its largest await.

use std::collections::VecDeque;
use std::future::Future;
use std::io::BufRead;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use tokio::sync::{self, mpsc, Notify, Semaphore};
use tokio::task::{spawn, spawn_blocking, yield_now, JoinHandle};
use tokio::time::{sleep, timeout, Duration, Instant};

const RING: usize = 64;
const PLACES: usize = 128;
const IN_FLIGHT: usize = 1000;
const WORKERS: usize = 4;
/// As in serve.h.
const PAUSE: Duration = Duration::from_micros(100);

/// Asked to hold where most memory is needed, and has not yet.
static HOLDS: AtomicBool = AtomicBool::new(false);

fn hold() {
    if HOLDS.swap(false, Ordering::Relaxed) {
        println!("ok");
        std::io::stdin().lock().read_line(&mut String::new()).unwrap();
    }
}

// ---- letting others run ---------------------------------------------------

macro_rules! below {
    ($name:ident, $next:ident) => {
        #[inline(never)]
        async fn $name() {
            $next().await
        }
    };
}
below!(d0, yield_now);
below!(d1, d0);
below!(d2, d1);
below!(d3, d2);
below!(d4, d3);
below!(d5, d4);
below!(d6, d5);
below!(d7, d6);
below!(d8, d7);

async fn ring<F, T>(one: F, n: usize)
where
    F: Fn() -> T + Copy + Send + Sync + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let turns = n / RING;
    let body = move || async move {
        for _ in 0..turns {
            one().await;
        }
    };
    let all: Vec<JoinHandle<()>> = (0..RING).map(|_| spawn(body())).collect();
    for task in all {
        task.await.unwrap();
    }
}

// ---- starting and joining -------------------------------------------------

async fn batches(batch: usize, n: usize) {
    let mut all: Vec<JoinHandle<()>> = Vec::with_capacity(batch);
    let mut done = 0;
    while done < n {
        all.extend((0..batch).map(|_| spawn(async {})));
        for task in all.drain(..) {
            task.await.unwrap();
        }
        done += batch;
    }
}

/// Delays spread over so many microseconds.
async fn sleeps(batch: usize, spread: usize, n: usize) {
    let mut all: Vec<JoinHandle<()>> = Vec::with_capacity(batch);
    let mut done = 0;
    while done < n {
        all.extend((0..batch).map(|i| {
            let delay = Duration::from_micros((i * 7919 % spread) as u64);
            spawn(sleep(delay))
        }));
        for task in all.drain(..) {
            task.await.unwrap();
        }
        done += batch;
    }
}

/// How much too long the last run's sleeps were, or how long each operation
/// took.
static LATE: Mutex<Vec<Duration>> = Mutex::new(Vec::new());

/// Random delays up to a second, the same for all languages.
async fn random_timers(n: usize) {
    let mut random: u64 = 1;
    let mut all: Vec<JoinHandle<Duration>> = Vec::with_capacity(n);
    all.extend((0..n).map(|_| {
        random = random
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let delay = Duration::from_nanos((random >> 33) % 1000000000);
        spawn(async move {
            let began = Instant::now();
            sleep(delay).await;
            began.elapsed() - delay
        })
    }));
    let mut late = std::mem::take(&mut *LATE.lock().unwrap());
    late.clear();
    for task in all {
        late.push(task.await.unwrap());
    }
    *LATE.lock().unwrap() = late;
}

/// Sorting is not part of the work, so it is a line of its own.
fn percentiles() -> String {
    let mut late = LATE.lock().unwrap();
    late.sort_unstable();
    if late.is_empty() {
        return String::from("no");
    }
    let last = late.len() - 1;
    let ns = |rank: usize| late[rank].as_nanos();
    let (p50, p99, p999) = (ns(last / 2), ns(last * 99 / 100), ns(last * 999 / 1000));
    format!("ok {p50} {p99} {p999}")
}

/// Enter and leave a deadline that does not fire.
async fn scopes(n: usize) {
    for _ in 0..n {
        timeout(Duration::from_secs(3600), async {}).await.unwrap();
    }
}

/// The number of levels below.
fn level(left: usize) -> Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move {
        if left == 0 {
            hold();
            return 0;
        }
        spawn(level(left - 1)).await.unwrap() + 1
    })
}

async fn recurse(n: usize) {
    assert_eq!(level(n).await, n);
}

async fn park(n: usize) {
    let all: Vec<JoinHandle<()>> = (0..n)
        .map(|_| {
            spawn(async {
                Notify::new().notified().await;
            })
        })
        .collect();
    yield_now().await;
    hold();
    for task in &all {
        task.abort();
    }
    for task in all {
        assert!(task.await.unwrap_err().is_cancelled());
    }
}

// ---- channels -------------------------------------------------------------

fn check(sum: usize, n: usize) {
    assert_eq!(sum, n * (n - 1) / 2);
}

async fn pingpong(n: usize) {
    let (there, mut other) = mpsc::channel::<usize>(1);
    let (answer, mut back) = mpsc::channel::<usize>(1);
    let pong = spawn(async move {
        while let Some(x) = other.recv().await {
            answer.send(x).await.unwrap();
        }
    });
    let mut sum = 0;
    for i in 0..n {
        there.send(i).await.unwrap();
        sum += back.recv().await.unwrap();
    }
    drop(there);
    pong.await.unwrap();
    check(sum, n);
}

async fn stream(n: usize) {
    let (put, mut get) = mpsc::channel::<usize>(PLACES);
    let producer = spawn(async move {
        for i in 0..n {
            put.send(i).await.unwrap();
        }
    });
    let mut sum = 0;
    while let Some(x) = get.recv().await {
        sum += x;
    }
    producer.await.unwrap();
    check(sum, n);
}

// ---- locks ----------------------------------------------------------------

/// A mutex that nobody else wants.
async fn lock(n: usize) {
    let mutex = sync::Mutex::new(0);
    for _ in 0..n {
        *mutex.lock().await += 1;
    }
    assert_eq!(*mutex.lock().await, n);
}

/// Two tasks do so many of the n together.
async fn both<F, T>(n: usize, side: F)
where
    F: Fn(usize, usize) -> T,
    T: Future<Output = ()> + Send + 'static,
{
    let other = spawn(side(1, n / 2));
    side(0, n / 2).await;
    other.await.unwrap();
}

async fn wakes(n: usize) {
    let events = Arc::new([Notify::new(), Notify::new()]);
    events[0].notify_one();
    both(n, |side, n| {
        let events = events.clone();
        async move {
            for _ in 0..n {
                events[side].notified().await;
                events[1 - side].notify_one();
            }
        }
    })
    .await;
}

async fn permits(n: usize) {
    let sems = Arc::new([Semaphore::new(1), Semaphore::new(0)]);
    both(n, |side, n| {
        let sems = sems.clone();
        async move {
            for _ in 0..n {
                sems[side].acquire().await.unwrap().forget();
                sems[1 - side].add_permits(1);
            }
        }
    })
    .await;
}

// ---- other threads --------------------------------------------------------

/// Into the loop from so many threads.  A channel; `Handle::spawn` of a task
/// for each takes longer.
async fn posts(threads: usize, n: usize) {
    let (post, mut mail) = mpsc::unbounded_channel::<usize>();
    let posters: Vec<thread::JoinHandle<()>> = (0..threads)
        .map(|_| {
            let post = post.clone();
            thread::spawn(move || (0..n / threads).for_each(|_| post.send(1).unwrap()))
        })
        .collect();
    drop(post);
    let mut sum = 0;
    while let Some(x) = mail.recv().await {
        sum += x;
    }
    for poster in posters {
        poster.join().unwrap();
    }
    assert_eq!(sum, n / threads * threads);
}

/// One, whenever the loop sleeps again.
async fn slow_posts(n: usize) {
    let (post, mut mail) = mpsc::unbounded_channel::<Instant>();
    let came = Arc::new(AtomicUsize::new(0));
    let seen = came.clone();
    let poster = thread::spawn(move || {
        for i in 0..n {
            thread::sleep(PAUSE);
            post.send(Instant::now()).unwrap();
            while seen.load(Ordering::Acquire) <= i {
                thread::sleep(PAUSE);
            }
        }
    });
    let mut took = Vec::with_capacity(n);
    while let Some(sent) = mail.recv().await {
        took.push(sent.elapsed());
        came.fetch_add(1, Ordering::Release);
    }
    poster.join().unwrap();
    *LATE.lock().unwrap() = took;
}

async fn thread_ping(n: usize) {
    let mut took = Vec::with_capacity(n);
    for _ in 0..n {
        let began = Instant::now();
        spawn_blocking(|| {}).await.unwrap();
        took.push(began.elapsed());
    }
    *LATE.lock().unwrap() = took;
}

async fn thread_inflight(n: usize) {
    let mut jobs: VecDeque<JoinHandle<usize>> = VecDeque::with_capacity(IN_FLIGHT);
    let mut sum = 0;
    for _ in 0..n {
        if jobs.len() == IN_FLIGHT {
            sum += jobs.pop_front().unwrap().await.unwrap();
        }
        jobs.push_back(spawn_blocking(|| 1));
    }
    for job in jobs {
        sum += job.await.unwrap();
    }
    assert_eq!(sum, n);
}

// ---- serving --------------------------------------------------------------

/// false: a figure it does not know.
async fn run(figure: &str, n: usize) -> bool {
    match figure {
        "task_yield_d0" => ring(d0, n).await,
        "task_yield_d4" => ring(d4, n).await,
        "task_yield_d8" => ring(d8, n).await,
        "spawn_join" => batches(1, n).await,
        "spawn_join_1k" => batches(1000, n).await,
        "spawn_join_10k" => batches(10000, n).await,
        "spawn_join_1m" => batches(1000000, n).await,
        "gather_3" => batches(3, 3 * n).await,
        "group_10k" => batches(10000, n).await,
        "timeout_scope" => scopes(n).await,
        "timers_100k" | "timers_100k_cold" => random_timers(n).await,
        "timers_1m" | "timers_1m_cold" => random_timers(n).await,
        "sleep_1k" => sleeps(1000, 2000, n).await,
        "sleep_100k" => sleeps(100000, 100000, n).await,
        "queue_pingpong" => pingpong(n).await,
        "queue_128" | "queue_shared" => stream(n).await,
        "mutex_uncontended" => lock(n).await,
        "event_wake" => wakes(n).await,
        "sem_handoff" => permits(n).await,
        "post_throughput" => posts(1, n).await,
        "post_throughput_2" => posts(2, n).await,
        "post_latency" | "post_latency_2" => slow_posts(n).await,
        "thread_ping" | "thread_ping_2" => thread_ping(n).await,
        "thread_inflight_1000" | "thread_inflight_1000_2" => thread_inflight(n).await,
        "recurse_1m" | "recurse_1m_bytes" => recurse(n).await,
        "parked_1k" | "parked_100k" | "parked_1m" => park(n).await,
        _ => return false,
    }
    true
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .max_blocking_threads(WORKERS)
        .build()
        .unwrap();
    let mut line = String::new();
    while std::io::stdin().lock().read_line(&mut line).unwrap() > 0 {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        HOLDS.store(words[0] == "hold", Ordering::Relaxed);
        let n = words[2].parse().unwrap();
        if words[0] == "late" {
            println!("{}", percentiles());
            line.clear();
            continue;
        }
        // A task itself: block_on's own future is polled in another way.
        let known = runtime.block_on(async {
            spawn(async move { run(&words[1], n).await }).await.unwrap()
        });
        println!("{}", if known { "ok" } else { "no" });
        line.clear();
    }
}
