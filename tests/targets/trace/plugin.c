// A library that is loaded, used and unloaded.
#include <stdlib.h>
volatile int plugin_calls;

void *plugin_allocate(size_t size)
{
    void *block = malloc(size);
    plugin_calls = plugin_calls + 1; // so that the call is no jump, which would leave no frame
    return block;
}
