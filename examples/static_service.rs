//! A service in the style of firmware: semaphores in statics, tasks in an array, no allocation
//! after start.
//!
//! Firmware would use an executor such as embassy's, and each step would be an interrupt that wakes
//! a task. The crate would be used with `default-features = false`, which makes it `no_std`. The
//! semaphores and the tasks would stay the same.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use allocation_counter::{AllocationInfo, measure};
use clap::{Parser, value_parser};
use compio_sync::Semaphore;

/// Lets devices share a radio and memory through semaphores in statics.
///
/// Fails if memory is allocated after start, or if a limit is exceeded.
#[derive(Parser)]
struct Arguments {
    /// Number of messages that each device sends
    #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u32).range(1..))]
    rounds: u32,
}

/// The number of devices that may send at once.
static RADIO: Semaphore = Semaphore::new(2);
/// Memory blocks for the measurements.
static BLOCKS: Semaphore = Semaphore::new(8);

struct Device {
    name: &'static str,
    blocks: usize,
    /// The number of hardware steps of a measurement.
    measuring: u32,
    /// The number of hardware steps of a transmission.
    sending: u32,
}

const TASKS: usize = 4;
const DEVICES: [Device; TASKS] = [
    Device { name: "button", blocks: 1, measuring: 0, sending: 1 },
    Device { name: "thermometer", blocks: 1, measuring: 3, sending: 1 },
    Device { name: "microphone", blocks: 3, measuring: 1, sending: 2 },
    Device { name: "camera", blocks: 6, measuring: 2, sending: 5 },
];

/// The permits in use, counted independently of the semaphore, to check it.
#[derive(Default)]
struct Usage {
    now: Cell<usize>,
    peak: Cell<usize>,
}

impl Usage {
    async fn during(&self, amount: usize, work: impl Future<Output = ()>) {
        self.now.set(self.now.get() + amount);
        self.peak.set(self.peak.get().max(self.now.get()));
        work.await;
        self.now.set(self.now.get() - amount);
    }
}

#[derive(Default)]
struct Record {
    sent: [Cell<u32>; TASKS],
    radio: Usage,
    blocks: Usage,
}

/// The task of a device. All tasks acquire blocks before the radio, so that they cannot deadlock.
async fn serve(number: usize, rounds: u32, record: &Record) {
    let device = &DEVICES[number];
    for _ in 0..rounds {
        let _blocks = BLOCKS.acquire_many(device.blocks).await;
        let message = async {
            steps(device.measuring).await;
            let _permit = RADIO.acquire().await;
            record.radio.during(1, steps(device.sending)).await;
        };
        record.blocks.during(device.blocks, message).await;
        record.sent[number].set(record.sent[number].get() + 1);
    }
}

/// Waits for a number of hardware steps. Each step wakes the task.
fn steps(mut remaining: u32) -> impl Future<Output = ()> {
    poll_fn(move |context| {
        let Some(fewer) = remaining.checked_sub(1) else { return Poll::Ready(()) };
        remaining = fewer;
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

/// A flag that is set if a task was woken since its last poll.
struct Ready(AtomicBool);

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// Polls woken tasks until all tasks are complete or none is woken.
fn execute(tasks: [Pin<&mut impl Future<Output = ()>>; TASKS], ready: &[Arc<Ready>; TASKS]) {
    let mut tasks = tasks.map(Some);
    let wakers = ready.each_ref().map(|ready| Waker::from(Arc::clone(ready)));
    // Firmware would sleep while no task is woken. Here, only tasks wake tasks, so the loop ends
    // instead.
    while ready.iter().any(|ready| ready.0.load(Ordering::Relaxed)) {
        for ((slot, waker), ready) in tasks.iter_mut().zip(&wakers).zip(ready) {
            let is_woken = ready.0.swap(false, Ordering::Acquire);
            let context = &mut Context::from_waker(waker);
            slot.take_if(|task| is_woken && task.as_mut().poll(context).is_ready());
        }
    }
}

fn main() -> ExitCode {
    let rounds = Arguments::parse().rounds;
    let ready = [(); TASKS].map(|()| Arc::new(Ready(AtomicBool::new(true))));
    let record = Record::default();
    let AllocationInfo { count_total: allocations, .. } = measure(|| {
        let task = |number| serve(number, rounds, &record);
        execute([pin!(task(0)), pin!(task(1)), pin!(task(2)), pin!(task(3))], &ready);
    });
    let mut status = ExitCode::SUCCESS;
    let mut check = |line: String, is_correct: bool| {
        println!("{line}");
        if !is_correct {
            eprintln!("static_service: {line}");
            status = ExitCode::FAILURE;
        }
    };
    for (Device { name, .. }, sent) in DEVICES.iter().zip(&record.sent) {
        check(format!("{name:<11}  {} of {rounds} sent", sent.get()), sent.get() == rounds);
    }
    let usages = [("radio", &record.radio, &RADIO), ("blocks", &record.blocks, &BLOCKS)];
    for (name, usage, semaphore) in usages {
        let (peak, limit) = (usage.peak.get(), semaphore.max_permits());
        check(format!("peak {name:<6}  {peak} of {limit}"), peak <= limit);
    }
    check(format!("allocations after start: {allocations}"), allocations == 0);
    status
}
