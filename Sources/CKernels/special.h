// Special functions in double precision.
#pragma once
#include <math.h>
#include <stdint.h>

double special_lgamma(double x);
double special_digamma(double x);
double special_erfinv(double y);
double special_ndtri(double p);
double special_i0e(double x);
double special_i1e(double x);
double special_i0(double x);
double special_i1(double x);
double special_k0e(double x);
double special_k1e(double x);
double special_k0(double x);
double special_k1(double x);
double special_j0(double x);
double special_j1(double x);
double special_y0(double x);
double special_y1(double x);
double special_dawsn(double x);
double special_expint(double x);
double special_fresnel_cos(double x, int is_single);
double special_fresnel_sin(double x, int is_single);
double special_spence(double x);
double special_zeta(double x, double q);
double special_polygamma(double n, double x);
double special_igamma(double a, double x);
double special_igammac(double a, double x);
double special_igamma_grad_a(double a, double x);
double special_betainc(double a, double b, double x);
