//! As on a microcontroller: semaphores in statics, tasks in an array, and no allocation after start.
//!
//! In firmware the executor is embassy's, say, a step is an interrupt that wakes the task, and the crate
//! is taken with `default-features = false`, as `no_std`. Semaphores and tasks stay as they are.

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

/// Devices share a radio and memory by semaphores in statics; fails if anything is allocated after start.
#[derive(Parser)]
struct Arguments {
    /// How many messages each device sends
    #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u32).range(1..))]
    rounds: u32,
}

/// So many may send at once.
static RADIO: Semaphore = Semaphore::new(2);
/// Blocks of memory that the hardware writes to.
static BLOCKS: Semaphore = Semaphore::new(8);

struct Device {
    name: &'static str,
    blocks: usize,
    /// Steps of the hardware that it takes to measure, and to send.
    measuring: u32,
    sending: u32,
}

const TASKS: usize = 4;
const DEVICES: [Device; TASKS] = [
    Device { name: "button", blocks: 1, measuring: 0, sending: 1 },
    Device { name: "thermometer", blocks: 1, measuring: 3, sending: 1 },
    Device { name: "microphone", blocks: 3, measuring: 1, sending: 2 },
    Device { name: "camera", blocks: 6, measuring: 2, sending: 5 },
];

/// What is in use, counted apart from the semaphore, to check it.
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

/// The task of a device. All take blocks before they take the radio, so none waits for another in a circle.
async fn serve(number: usize, rounds: u32, record: &Record) {
    let device = &DEVICES[number];
    for _ in 0..rounds {
        let _blocks = BLOCKS.acquire_many(device.blocks).await;
        let message = async {
            steps(device.measuring).await;
            let _slot = RADIO.acquire().await;
            record.radio.during(1, steps(device.sending)).await;
        };
        record.blocks.during(device.blocks, message).await;
        record.sent[number].set(record.sent[number].get() + 1);
    }
}

/// So many steps of the hardware, each of which ends with a wake-up.
fn steps(mut left: u32) -> impl Future<Output = ()> {
    poll_fn(move |context| {
        let Some(fewer) = left.checked_sub(1) else { return Poll::Ready(()) };
        left = fewer;
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Whether a task was woken since it was last polled.
struct Ready(AtomicBool);

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// Polls those that were woken, until all have ended or none is awake.
fn execute(tasks: [Pin<&mut impl Future<Output = ()>>; TASKS], ready: &[Arc<Ready>; TASKS]) {
    let mut tasks = tasks.map(Some);
    let wakers = ready.each_ref().map(|ready| Waker::from(Arc::clone(ready)));
    // Firmware would sleep where none is awake; here nothing is left that could wake one.
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
    let mut tell = |line: String, is_right: bool| {
        println!("{line}");
        if !is_right {
            eprintln!("static_service: {line}");
            status = ExitCode::FAILURE;
        }
    };
    for (Device { name, .. }, sent) in DEVICES.iter().zip(&record.sent) {
        tell(format!("{name:<11}  {} of {rounds} sent", sent.get()), sent.get() == rounds);
    }
    let used = [("radio", &record.radio, &RADIO), ("blocks", &record.blocks, &BLOCKS)];
    for (name, usage, semaphore) in used {
        let (peak, limit) = (usage.peak.get(), semaphore.max_permits());
        tell(format!("peak {name:<6}  {peak} of {limit}"), peak <= limit);
    }
    tell(format!("allocations after start: {allocations}"), allocations == 0);
    status
}
