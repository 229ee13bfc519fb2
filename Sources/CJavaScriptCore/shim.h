#pragma once
#include <JavaScriptCore/JavaScript.h>
#include <stdbool.h>

// What follows is exported by the library but declared only in its private headers. Each function has a test in
// ScriptRuntimeTests that fails when a new version of the library changes it.

/// Asked on the thread that runs a script, after `seconds` of that thread's CPU time; true ends the script.
typedef bool (*RemoraShouldTerminate)(JSContextRef context, void *user);

void JSContextGroupSetExecutionTimeLimit(JSContextGroupRef, double seconds, RemoraShouldTerminate, void *user);
void JSContextGroupClearExecutionTimeLimit(JSContextGroupRef);

/// An object with `heapSize`, `heapCapacity`, `objectCount`, … of the VM.
JSObjectRef JSGetMemoryUsageStatistics(JSContextRef);

/// Collects garbage before it returns; JSGarbageCollect waits for a run loop that we do not have.
void JSSynchronousGarbageCollectForDebugging(JSContextRef);

/// Moves the signal that stops threads for the collector away from SIGUSR1. Only before the first other call.
bool JSConfigureSignalForGC(int signal);

/// Turns `eval`, `Function(…)` and their kin off or on.
void JSGlobalContextSetEvalEnabled(JSGlobalContextRef, bool enabled, JSStringRef message);

/// Tells the collector of memory outside the heap that an object made just now keeps.
void JSReportExtraMemoryCost(JSContextRef, size_t);
