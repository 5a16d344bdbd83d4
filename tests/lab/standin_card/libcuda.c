/* Stands in for the driver's libcuda.so.1 on a node without cards: it answers as /run/card/cuda says, two numbers,
 * the CUresult of cuInit and how many cards there are, or sees no card where CUDA_VISIBLE_DEVICES names one of which there is
 * /run/card/lost-UUID. Compiled by tcc, without headers. */

typedef struct _IO_FILE FILE;
extern FILE *fopen(const char *, const char *);
extern int fscanf(FILE *, const char *, ...);
extern int fclose(FILE *);
extern char *getenv(const char *);
extern int snprintf(char *, unsigned long, const char *, ...);
extern int access(const char *, int);

static int lost(void) {
  char path[128];
  char *visible = getenv("CUDA_VISIBLE_DEVICES");
  if (!visible)
    return 0;
  snprintf(path, sizeof path, "/run/card/lost-%s", visible);
  return access(path, 0) == 0;
}

static int answer(int *cards) {
  int code = 100;
  FILE *file = fopen("/run/card/cuda", "r");
  *cards = 0;
  if (!file || lost())
    return code;
  fscanf(file, "%d %d", &code, cards);
  fclose(file);
  return code;
}

int cuInit(unsigned flags) {
  int cards;
  return answer(&cards);
}

int cuDeviceGetCount(int *cards) {
  return answer(cards);
}

int cuGetErrorString(int code, const char **text) {
  *text = code == 100   ? "no CUDA-capable device is detected"
          : code == 803 ? "system has unsupported display driver / cuda driver combination"
                        : 0;
  return *text ? 0 : 1;
}
