#include "tusk_sql.h"
const struct tusk_sql_file tusk_sql_files[] = {{"", (const unsigned char *)"", 0}};
const size_t tusk_sql_file_count = 0;
