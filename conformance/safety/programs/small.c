// A program that ends well: what broken executables are made of.
int main(void) { return 0; }
