// SPDX-License-Identifier: MIT
//
// main.go - goroutines and channels, on one processor, or two where a figure
// says so.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

const (
	ring   = 64
	places = 128

	inFlight = 1000
	workers  = 4
)

// Whoever needs most memory calls it; set while a line asks to hold.
var hold = func() {}

//go:noinline
func yieldBelow(depth int) {
	if depth > 0 {
		yieldBelow(depth - 1)
	} else {
		runtime.Gosched()
	}
}

func yield(depth int) func(int) {
	return func(n int) {
		var tasks sync.WaitGroup
		tasks.Add(ring)
		for i := 0; i < ring; i++ {
			go func() {
				for turn := 0; turn < n/ring; turn++ {
					yieldBelow(depth)
				}
				tasks.Done()
			}()
		}
		tasks.Wait()
	}
}

// A wait group joins all at once, and costs less than a channel for each.
func spawn(batch int) func(int) {
	return func(n int) {
		var tasks sync.WaitGroup
		for done := 0; done < n; done += batch {
			tasks.Add(batch)
			for i := 0; i < batch; i++ {
				go tasks.Done()
			}
			tasks.Wait()
		}
	}
}

// Delays spread over so many microseconds.
func sleep(batch int, spread int) func(int) {
	return func(n int) {
		var tasks sync.WaitGroup
		for done := 0; done < n; done += batch {
			tasks.Add(batch)
			for i := 0; i < batch; i++ {
				delay := time.Duration(i*7919%spread) * time.Microsecond
				go func() {
					time.Sleep(delay)
					tasks.Done()
				}()
			}
			tasks.Wait()
		}
	}
}

// How much too long the last run's sleeps were, or how long each ping took.
var late []time.Duration

// Random delays up to a second, the same for all languages.
func timers(n int) {
	var tasks sync.WaitGroup
	var random uint64 = 1
	if len(late) != n {
		late = make([]time.Duration, n)
	}
	tasks.Add(n)
	for i := 0; i < n; i++ {
		random = random*6364136223846793005 + 1442695040888963407
		i, delay := i, time.Duration(random>>33%1000000000)
		go func() {
			began := time.Now()
			time.Sleep(delay)
			late[i] = time.Since(began) - delay
			tasks.Done()
		}()
	}
	tasks.Wait()
}

// Sorting is not part of the work, so it is a line of its own.
func percentiles() string {
	last := len(late) - 1
	if last < 0 {
		return "no"
	}
	sort.Slice(late, func(a, b int) bool { return late[a] < late[b] })
	return fmt.Sprintf("ok %d %d %d",
		late[last/2], late[last*99/100], late[last*999/1000])
}

// Enter and leave a deadline that does not fire.
func scopes(n int) {
	for i := 0; i < n; i++ {
		_, leave := context.WithTimeout(context.Background(), time.Hour)
		leave()
	}
}

func require(holds bool) {
	if !holds {
		panic("wrong sum")
	}
}

func pingpong(n int) {
	there, back := make(chan int64, 1), make(chan int64, 1)
	go func() {
		for x := range there {
			back <- x
		}
	}()
	var sum int64
	for i := 0; i < n; i++ {
		there <- int64(i)
		sum += <-back
	}
	close(there)
	require(sum == int64(n)*int64(n-1)/2)
}

func stream(n int) {
	items := make(chan int64, places)
	go func() {
		for i := 0; i < n; i++ {
			items <- int64(i)
		}
		close(items)
	}()
	var sum int64
	for x := range items {
		sum += x
	}
	require(sum == int64(n)*int64(n-1)/2)
}

// A mutex that nobody else wants.
func lock(n int) {
	var mutex sync.Mutex
	locked := 0
	for i := 0; i < n; i++ {
		mutex.Lock()
		locked++
		mutex.Unlock()
	}
	require(locked == n)
}

// Two goroutines do so many of the n together.
func both(n int, side func(side, n int)) {
	var other sync.WaitGroup
	other.Add(1)
	go func() {
		side(1, n/2)
		other.Done()
	}()
	side(0, n/2)
	other.Wait()
}

// Go has no event: a flag, and a condition to wait for it.
type event struct {
	mutex sync.Mutex
	cond  *sync.Cond
	isSet bool
}

func newEvent() *event {
	e := new(event)
	e.cond = sync.NewCond(&e.mutex)
	return e
}

func (e *event) waitAndClear() {
	e.mutex.Lock()
	for !e.isSet {
		e.cond.Wait()
	}
	e.isSet = false
	e.mutex.Unlock()
}

func (e *event) set() {
	e.mutex.Lock()
	e.isSet = true
	e.mutex.Unlock()
	e.cond.Broadcast()
}

func wakes(n int) {
	events := [2]*event{newEvent(), newEvent()}
	events[0].set()
	both(n, func(side, n int) {
		for i := 0; i < n; i++ {
			events[side].waitAndClear()
			events[1-side].set()
		}
	})
}

// The usual semaphore is a channel with places.
func permits(n int) {
	sems := [2]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}
	sems[0] <- struct{}{}
	both(n, func(side, n int) {
		for i := 0; i < n; i++ {
			<-sems[side]
			sems[1-side] <- struct{}{}
		}
	})
}

// The number of levels below.
func level(left int) int {
	if left == 0 {
		hold()
		return 0
	}
	below := make(chan int, 1)
	go func() { below <- level(left - 1) }()
	return <-below + 1
}

func recurse(n int) {
	require(level(n) == n)
}

func park(n int) {
	wake, done := make(chan bool), make(chan bool)
	for i := 0; i < n; i++ {
		go func() {
			<-wake
			done <- true
		}()
	}
	runtime.Gosched()
	hold()
	close(wake)
	for i := 0; i < n; i++ {
		<-done
	}
}

// To a goroutine on a thread of its own, and back.
func threadPing(n int) {
	jobs, results := make(chan int), make(chan int)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for x := range jobs {
			results <- x
		}
	}()
	late = make([]time.Duration, n)
	for i := 0; i < n; i++ {
		began := time.Now()
		jobs <- i
		<-results
		late[i] = time.Since(began)
	}
	close(jobs)
}

// The usual pool of workers.
func threadInflight(n int) {
	jobs, results := make(chan int, inFlight), make(chan int, inFlight)
	for i := 0; i < workers; i++ {
		go func() {
			for x := range jobs {
				results <- x
			}
		}()
	}
	begun, sum := 0, 0
	for ; begun < inFlight && begun < n; begun++ {
		jobs <- begun
	}
	for i := 0; i < n; i++ {
		sum += <-results
		if begun < n {
			jobs <- begun
			begun++
		}
	}
	close(jobs)
	require(sum == n*(n-1)/2)
}

var figures = map[string]func(int){
	"task_yield_d0":          yield(0),
	"task_yield_d4":          yield(4),
	"task_yield_d8":          yield(8),
	"spawn_join":             spawn(1),
	"spawn_join_1k":          spawn(1000),
	"spawn_join_10k":         spawn(10000),
	"spawn_join_1m":          spawn(1000000),
	"gather_3":               func(n int) { spawn(3)(3 * n) },
	"group_10k":              spawn(10000),
	"timeout_scope":          scopes,
	"timers_100k":            timers,
	"timers_1m":              timers,
	"timers_100k_cold":       timers,
	"timers_1m_cold":         timers,
	"sleep_1k":               sleep(1000, 2000),
	"sleep_100k":             sleep(100000, 100000),
	"queue_pingpong":         pingpong,
	"queue_128":              stream,
	"mutex_uncontended":      lock,
	"event_wake":             wakes,
	"sem_handoff":            permits,
	"recurse_1m":             recurse,
	"thread_ping":            threadPing,
	"thread_ping_2":          threadPing,
	"thread_inflight_1000":   threadInflight,
	"thread_inflight_1000_2": threadInflight,
	"recurse_1m_bytes":       recurse,
	"parked_1k":              park,
	"parked_100k":            park,
	"parked_1m":              park,
}

// Figures of two cores are called so.
func processors(name string) {
	wanted := 1
	if strings.HasSuffix(name, "_2") {
		wanted = 2
	}
	if runtime.GOMAXPROCS(0) != wanted {
		runtime.GOMAXPROCS(wanted)
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var verb, name string
		var n int
		fmt.Sscan(lines.Text(), &verb, &name, &n)
		hold = func() {}
		if verb == "hold" {
			hold = func() { fmt.Println("ok"); lines.Scan() }
		}
		if verb == "late" {
			fmt.Println(percentiles())
		} else if run, known := figures[name]; known {
			processors(name)
			run(n)
			fmt.Println("ok")
		} else {
			fmt.Println("no")
		}
	}
}
