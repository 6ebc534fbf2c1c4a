// A library that is loaded, used and unloaded.
#include <stdlib.h>
void *plugin_allocate(size_t size) { return malloc(size); }
