#include <iostream>
#include <unistd.h>

int main()
{
    std::cout << "getdtablesize() = " << getdtablesize() << std::endl;
    return 0;
}
