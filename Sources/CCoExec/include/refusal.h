/* Not installed: what CoExecC needs of C besides the header. */
#ifndef COEXEC_REFUSAL_H
#define COEXEC_REFUSAL_H

enum { COEXEC_REFUSAL_SIZE = 512 };

/* The calling thread's own text, of COEXEC_REFUSAL_SIZE bytes: why its latest refused call was. Empty at first. */
char *refusal_of_thread(void);

#endif
