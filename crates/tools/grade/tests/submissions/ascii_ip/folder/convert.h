#pragma once

_Noreturn void die(const char *why);
unsigned int to_number(const char *ip);
void to_text(unsigned int number, char text[16]);
