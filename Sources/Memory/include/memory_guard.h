// Memory that the system refuses.
#ifndef MEMORY_GUARD_H
#define MEMORY_GUARD_H

// The exit code of a program that gets no memory.
enum { MEMORY_EXIT_CODE = 74 };

// Makes sure that the guard is linked. From the start of the program on, an allocation that the system refuses ends it
// with a sentence on stderr and this code, where the allocator is glibc's.
int memory_guard(void);

#endif
