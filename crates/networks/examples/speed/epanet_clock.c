/* Processor time of EPANET's hydraulics alone: epanet_clock MODEL.inp prints seconds and steps. Compiled at -O3
   with EPANET's own sources by `cargo xtask bench pipes`. */
#include <stdio.h>
#include <time.h>
#include "epanet2_2.h"

int main(int count, char **words)
{
    EN_Project project;
    long time, step, steps = 0;
    clock_t start;

    if (count < 2 || EN_createproject(&project)) return 1;
    if (EN_open(project, words[1], "/dev/null", "") > 100 || EN_openH(project) > 100) return 2;
    EN_setstatusreport(project, EN_NO_REPORT);
    start = clock();
    EN_initH(project, EN_NOSAVE);
    do
    {
        if (EN_runH(project, &time) > 100 || EN_nextH(project, &step) > 100) return 3;
        steps++;
    } while (step > 0);
    printf("%.6f %ld\n", (double)(clock() - start) / CLOCKS_PER_SEC, steps);
    return 0;
}
